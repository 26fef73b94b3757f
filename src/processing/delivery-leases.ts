import type { Context } from '../context.ts';
import { isGone } from '../domain/process-name.ts';
import { bringForward, reclaimDeliveries, releaseDropped, renewLeases } from '../store/deliveries/leases.ts';
import { releaseLeases } from '../store/engine/leases.ts';
import { LEASE_MS } from './process-deliveries.ts';

/** How long after its taking a delivery that is not in hand counts as dropped: the database went away before its attempt could end. */
const DROPPED_AFTER_MS = 4000;

/** Lengthens what this process has in hand, and gives back what it has dropped and what others held that are gone. */
export async function renewDeliveryLeases(context: Context): Promise<void> {
  const nowMs = context.clock.now().getTime();
  const after = (ms: number) => new Date(nowMs + ms).toISOString();
  const dropped = await context.db.write(async (sql) => {
    await renewLeases(sql, context.processId, after(LEASE_MS), [...context.inFlight]);
    return releaseDropped(sql, context.processId, after(LEASE_MS - DROPPED_AFTER_MS));
  });
  tell(context, dropped);
  await recoverLeases(context);
}

/** Deliveries and turns of processes that are gone become free again: nothing of their attempts was written. */
export async function recoverLeases(context: Context): Promise<void> {
  const now = context.clock.now().toISOString();
  const gone = (worker: string) => isGone(worker, context.processId);
  const count = await context.db.write(async (sql) => {
    await releaseLeases(sql, 'remote:', gone);
    return reclaimDeliveries(sql, now, gone);
  });
  tell(context, count);
}

/** No wait between two attempts is as long. */
const LONGEST_WAIT_MS = 48 * 3_600_000;

/** After the clock was set back: what was put off by the time it told before would wait until it tells it again. */
export async function correctFutureTimes(context: Context): Promise<void> {
  const nowMs = context.clock.now().getTime();
  const longest = new Date(nowMs + LONGEST_WAIT_MS).toISOString();
  const count = await context.db.write((sql) => bringForward(sql, new Date(nowMs).toISOString(), longest));
  tell(context, count);
}

function tell(context: Context, count: number): void {
  if (count === 0) return;
  context.log.warn('recovered', { deliveries: count });
  context.deliveryArrived.notify();
}
