import type { Context } from './context.ts';
import { currentActor, currentRequest } from './domain/current-request.ts';
import { OrderdockError } from './domain/errors.ts';
import { type AuditEntry, insertAudit } from './store/access/audit.ts';

/** The parts of the context that the audit needs. */
export type AuditContext = Pick<Context, 'db' | 'clock' | 'log'>;

/** What is being done, and to what. `details` may become known only while it is done. */
export interface AuditedAction {
  action: string;
  target: string | null;
  connection?: string | null;
  details?: AuditEntry['details'];
}

/**
 * Performs an action and records who performed it and how it ended: one row and one log line. The actions themselves call this, so API,
 * console and command line are all covered. `detailsOf` selects what to record of the result.
 */
export async function audited<T>(
  context: AuditContext,
  what: AuditedAction,
  work: () => Promise<T>,
  detailsOf: (result: T) => AuditEntry['details'] = () => ({}),
): Promise<T> {
  try {
    const result = await work();
    await recordAudit(context, { ...what, details: { ...what.details, ...detailsOf(result) } }, 'done');
    return result;
  } catch (error) {
    await recordAudit(context, what, error instanceof OrderdockError ? error.code : 'internal');
    throw error;
  }
}

/** Records an action. If it cannot be stored, it is still in the log. */
export async function recordAudit(context: AuditContext, what: AuditedAction, result: string): Promise<void> {
  const entry: AuditEntry = {
    at: context.clock.now().toISOString(),
    ...currentActor(),
    action: what.action,
    target: what.target,
    connection: what.connection ?? null,
    result,
    details: what.details ?? {},
    requestId: currentRequest()?.requestId ?? null,
  };
  const { details, ...fields } = entry;
  context.log.info('audit', { ...details, ...fields });
  await context.db
    .write((sql) => insertAudit(sql, entry))
    .catch((error: unknown) => context.log.warn('audit_not_stored', { error: error instanceof OrderdockError ? error.code : 'internal' }));
}
