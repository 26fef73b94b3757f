import { setTimeout as pause } from 'node:timers/promises';
import { type AuditContext, audited } from '../audit.ts';
import { Refused } from '../domain/errors.ts';
import type { Connection } from '../platforms/contract/platform.ts';
import type { Reconciler } from './reconciler.ts';

/** How long to wait for a run that is already in progress. */
const MAX_WAIT_MS = 3000;
const POLL_MS = 100;

/**
 * Reconciles on demand; returns the run's id. A run in progress may already be past what the caller wants checked: if it ends soon, another
 * is started after it. If it takes longer, its id is returned, or 409 is thrown when `since` (ISO 8601) is given.
 */
export function reconcileNow(
  context: AuditContext,
  reconciler: Pick<Reconciler, 'reconcile'>,
  connection: Connection,
  { since = null, maxWaitMs = MAX_WAIT_MS }: { since?: string | null; maxWaitMs?: number } = {},
): Promise<string> {
  const { name } = connection;
  const what = { action: 'connection.reconcile', target: `connection:${name}`, connection: name, details: { since } };
  return audited(
    context,
    what,
    () => startRun(reconciler, connection, since, maxWaitMs),
    (runId) => ({ runId }),
  );
}

async function startRun(
  reconciler: Pick<Reconciler, 'reconcile'>,
  connection: Connection,
  since: string | null,
  maxWaitMs: number,
): Promise<string> {
  const untilMs = performance.now() + maxWaitMs;
  for (;;) {
    const started = await reconciler.reconcile(connection, 'demand', { since });
    if (!started.joined) return started.runId;
    if (performance.now() >= untilMs) {
      if (since === null) return started.runId;
      throw new Refused(409, 'reconcile_busy', `${connection.name} is being reconciled: try again when that run has ended.`);
    }
    const waitMs = Math.max(POLL_MS, untilMs - performance.now());
    // The `ended` of another process's run resolves immediately, so it is polled.
    await Promise.race([started.ended.then(() => pause(POLL_MS)), pause(waitMs, undefined, { ref: false })]);
  }
}
