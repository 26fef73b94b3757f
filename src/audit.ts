import type { Context } from './context.ts';
import { currentActor, currentRequest } from './domain/current-request.ts';
import { OrderdockError } from './domain/errors.ts';
import { type AuditEntry, insertAudit } from './store/access/audit.ts';

/** What the audit needs of the context. */
export type AuditContext = Pick<Context, 'db' | 'clock' | 'log'>;

/** What is done, to what. `details` become known while it is done. */
export interface AuditedAction {
  action: string;
  target: string | null;
  connection?: string | null;
  details?: AuditEntry['details'];
}

/**
 * Does something that changes something, and records who did it and how it ended: one row and one log line. API, console and command line all pass
 * here, since the verbs themselves call it. `detailsOf` tells what is worth keeping of the result.
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

/** Records what was done. What cannot be stored is in the log all the same. */
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
