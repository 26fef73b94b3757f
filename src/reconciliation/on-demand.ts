import { setTimeout as pause } from 'node:timers/promises';
import { type AuditContext, audited } from '../audit.ts';
import { Refused } from '../domain/errors.ts';
import type { Connection } from '../platforms/contract/platform.ts';
import type { Reconciler } from './reconciler.ts';

/** How long a run that is under way is waited for. */
const SOON_MS = 3000;
const LOOK_AGAIN_MS = 100;

/**
 * Reconciles on demand; gives the run's id. A run that is under way may be past what the caller means: one that ends soon is waited for,
 * and another begun after it. One that takes longer is given as it is; with a `since` (ISO 8601) of its own it is refused (409).
 */
export function reconcileNow(
  context: AuditContext,
  reconciler: Pick<Reconciler, 'reconcile'>,
  connection: Connection,
  { since = null, soonMs = SOON_MS }: { since?: string | null; soonMs?: number } = {},
): Promise<string> {
  const { name } = connection;
  const what = { action: 'connection.reconcile', target: `connection:${name}`, connection: name, details: { since } };
  return audited(
    context,
    what,
    () => beginRun(reconciler, connection, since, soonMs),
    (runId) => ({ runId }),
  );
}

async function beginRun(
  reconciler: Pick<Reconciler, 'reconcile'>,
  connection: Connection,
  since: string | null,
  soonMs: number,
): Promise<string> {
  const untilMs = performance.now() + soonMs;
  for (;;) {
    const begun = await reconciler.reconcile(connection, 'demand', { since });
    if (!begun.joined) return begun.runId;
    if (performance.now() >= untilMs) {
      if (since === null) return begun.runId;
      throw new Refused(409, 'reconcile_busy', `${connection.name} is being reconciled: ask again when that run has ended.`);
    }
    const waitMs = Math.max(LOOK_AGAIN_MS, untilMs - performance.now());
    // A run of another process says that it has ended at once: that one is looked at again and again.
    await Promise.race([begun.ended.then(() => pause(LOOK_AGAIN_MS)), pause(waitMs, undefined, { ref: false })]);
  }
}
