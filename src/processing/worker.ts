import type { Context } from '../context.ts';
import { readNextDueAt } from '../store/deliveries/due.ts';
import { correctFutureTimes, recoverLeases, renewDeliveryLeases } from './delivery-leases.ts';
import { createFailureBreaker, type Permit } from './failure-breaker.ts';
import { connectionsDue, processNotifications } from './fetch-resources.ts';
import { processDeliveries } from './process-deliveries.ts';

/** How long an idle worker sleeps at most: another process may have stored something, or a retry may have become due. */
const IDLE_MS = 400;
const LEASE_BEAT_MS = 5000;

export interface Worker {
  /** Ends after the work in hand. */
  stop(): Promise<void>;
}

/** Keeps the pipeline working until told to stop: what carries its content in one lane, every connection's fetches in a lane of their own. */
export function startWorker(lent: Context): Worker {
  const brake = createFailureBreaker(lent);
  const context: Context = { ...lent, attempted: brake.note };
  const stopping = new AbortController();
  const lanes = new Map<string, Promise<void>>();
  let lastBeatMs = context.clock.now().getTime();
  const beat = setInterval(() => {
    const nowMs = context.clock.now().getTime();
    if (nowMs < lastBeatMs) void guard(context, 'clock', () => correctFutureTimes(context));
    lastBeatMs = nowMs;
    void guard(context, 'lease', () => renewDeliveryLeases(context));
  }, LEASE_BEAT_MS);
  const main = run();

  async function run(): Promise<void> {
    await guard(context, 'recover', () => recoverLeases(context));
    await guard(context, 'clock', () => correctFutureTimes(context));
    while (!stopping.signal.aborted) {
      const seen = context.deliveryArrived.count();
      const worked = await workAsAllowed(brake.permits());
      if (!worked) await context.deliveryArrived.wait(await idleMs(), stopping.signal, seen);
    }
    await Promise.all(lanes.values());
  }
  /** Until the next delivery is due, and never longer than another process may go unheard. */
  async function idleMs(): Promise<number> {
    const now = context.clock.now();
    const dueAt = await guard(context, 'look', () => readNextDueAt(context.db.read, now.toISOString()));
    return dueAt === null ? IDLE_MS : Math.max(1, Math.min(IDLE_MS, Date.parse(dueAt) - now.getTime()));
  }
  /** Nothing while the brake is on; then one delivery, to see whether it goes again. */
  async function workAsAllowed(leave: Permit): Promise<number | null> {
    if (leave === 'none') return null;
    const due = (await guard(context, 'look', () => connectionsDue(context))) ?? new Set();
    if (leave === 'all') startLanes(due);
    const worked = await guard(context, 'work', () => processDeliveries(context, leave === 'one' ? 1 : undefined));
    const [first] = context.connections.list().filter(({ name }) => due.has(name) && !lanes.has(name));
    if (leave === 'all' || worked || !first) return worked;
    return guard(context, 'fetch', () => processNotifications(context, first, 1));
  }
  function startLanes(due: ReadonlySet<string>): void {
    for (const connection of context.connections.list()) {
      if (lanes.has(connection.name) || !due.has(connection.name)) continue;
      const lane = guard(context, 'fetch', () => processNotifications(context, connection)).then((worked) => {
        lanes.delete(connection.name);
        if (worked) context.deliveryArrived.notify();
      });
      lanes.set(connection.name, lane);
    }
  }
  return {
    async stop() {
      stopping.abort();
      await main;
      clearInterval(beat);
    },
  };
}

/** A failing database or a fault of ours must not end the loop: it is logged, and the next round tries again. */
async function guard<T>(context: Context, step: string, work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    context.log.error('worker', { step, error: error instanceof Error ? error.message : String(error) });
    return null;
  }
}
