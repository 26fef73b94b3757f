import { setTimeout as pause } from 'node:timers/promises';
import type { Reconciler } from './reconcile.ts';

/** How long a run that is under way is waited for. */
const SOON_MS = 3000;
const LOOK_AGAIN_MS = 100;

/**
 * Reconciles on demand; gives the run's id. A run that is under way may be past what the caller means: one that ends soon is waited for,
 * and another begun after it. One that takes longer is given as it is.
 */
export async function reconcileNow(
  reconciler: Pick<Reconciler, 'reconcile'>,
  connection: Parameters<Reconciler['reconcile']>[0],
  soonMs = SOON_MS,
): Promise<string> {
  const untilMs = performance.now() + soonMs;
  for (;;) {
    const begun = await reconciler.reconcile(connection, 'demand');
    if (!begun.joined || performance.now() >= untilMs) return begun.runId;
    const waitMs = Math.max(LOOK_AGAIN_MS, untilMs - performance.now());
    // A run of another process says that it has ended at once: that one is looked at again and again.
    await Promise.race([begun.ended.then(() => pause(LOOK_AGAIN_MS)), pause(waitMs, undefined, { ref: false })]);
  }
}
