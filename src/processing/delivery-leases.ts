import type { Context } from '../context.ts';
import { isGone } from '../domain/values/process-name.ts';
import { bringForward, isAnythingLeased, REMOTE, reclaimDeliveries, releaseDropped, renewLeases } from '../store/deliveries/leases.ts';
import { releaseLeases } from '../store/engine/leases.ts';
import { LEASE_MS } from './process-deliveries.ts';

/** A claimed delivery that is not in flight counts as dropped after this time: the database became unavailable before its attempt was completed. */
const DROPPED_AFTER_MS = 4000;

/** Renews the leases of this process, and releases deliveries that it has dropped or that belonged to processes no longer running. */
export async function renewDeliveryLeases(context: Context): Promise<void> {
  // A service at rest writes nothing.
  if (context.inFlight.size === 0 && !(await isAnythingLeased(context.db.read))) return;
  const nowMs = context.clock.now().getTime();
  const after = (ms: number) => new Date(nowMs + ms).toISOString();
  const dropped = await context.db.write(async (sql) => {
    await renewLeases(sql, context.processId, after(LEASE_MS), [...context.inFlight]);
    return releaseDropped(sql, context.processId, after(LEASE_MS - DROPPED_AFTER_MS));
  });
  announceRecovered(context, dropped);
  await recoverLeases(context);
}

/** Releases the deliveries and remote leases of processes no longer running: nothing of their attempts was written. */
export async function recoverLeases(context: Context): Promise<void> {
  const now = context.clock.now().toISOString();
  const gone = (worker: string) => isGone(worker, context.processId);
  const count = await context.db.write(async (sql) => {
    await releaseLeases(sql, REMOTE, gone);
    return reclaimDeliveries(sql, now, gone);
  });
  announceRecovered(context, count);
}

/** Longer than any wait between two attempts. */
const LONGEST_WAIT_MS = 48 * 3_600_000;

/** After the clock was set back: deliveries scheduled by its earlier time would otherwise wait until it reaches that time again. */
export async function correctFutureTimes(context: Context): Promise<void> {
  const nowMs = context.clock.now().getTime();
  const longest = new Date(nowMs + LONGEST_WAIT_MS).toISOString();
  const count = await context.db.write((sql) => bringForward(sql, new Date(nowMs).toISOString(), longest));
  announceRecovered(context, count);
}

function announceRecovered(context: Context, count: number): void {
  if (count === 0) return;
  context.log.warn('deliveries_recovered', { deliveries: count });
  context.deliveryArrived.notify();
}
