import type { Context } from '../context.ts';
import { readNextDueAt } from '../store/deliveries/due.ts';
import { correctFutureTimes, recoverLeases, renewDeliveryLeases } from './delivery-leases.ts';
import { createFailureBreaker, type Permit } from './failure-breaker.ts';
import { createFetchLanes } from './fetch-lanes.ts';
import { connectionsDue, processNotifications } from './fetch-resources.ts';
import { FULL_BATCH, processDeliveries } from './process-deliveries.ts';

/** How long a worker sleeps while the breaker is on, and how long at most without having asked the database. */
const PAUSED_MS = 400;
const LONGEST_SLEEP_MS = 5000;
const LEASE_BEAT_MS = 5000;

export interface Worker {
  /** Ends after the work in hand. */
  stop(): Promise<void>;
}

/** Keeps the pipeline working until told to stop: what carries its content in one lane, every connection's fetches in a lane of their own. */
export function startWorker(lent: Context): Worker {
  const breaker = createFailureBreaker(lent);
  const context: Context = { ...lent, attempted: breaker.note };
  const stopping = new AbortController();
  const lanes = createFetchLanes(context, (work) => guard(context, 'fetch', work));
  let second: Promise<void> | null = null;
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
      const worked = await workAsAllowed(breaker.permits());
      if (!worked) await sleep(seen);
    }
    await Promise.all([lanes.settled(), second]);
  }
  /** Until something arrives, the next delivery is due, or another process has written. `seen`: what had arrived when it was last looked. */
  async function sleep(seen: number): Promise<void> {
    const { dialect } = context.db;
    const mark = dialect.changeMark();
    const fromMs = context.clock.now().getTime();
    const dueAt = await guard(context, 'look', () => readNextDueAt(context.db.read, new Date(fromMs).toISOString()));
    const longestMs = breaker.permits() === 'all' ? LONGEST_SLEEP_MS : PAUSED_MS;
    const untilMs = Math.min(fromMs + longestMs, dueAt === null ? Number.POSITIVE_INFINITY : Date.parse(dueAt));
    for (let nowMs = fromMs; nowMs < untilMs && !stopping.signal.aborted; nowMs = context.clock.now().getTime()) {
      await context.deliveryArrived.wait(Math.min(context.lookAgainMs(), untilMs - nowMs), stopping.signal, seen);
      if (context.deliveryArrived.count() !== seen || mark === null || dialect.changeMark() !== mark) return;
    }
  }
  /** Nothing while the breaker is on; then one delivery, to see whether it goes again. */
  async function workAsAllowed(leave: Permit): Promise<number | null> {
    if (leave === 'none') return null;
    const due = (await guard(context, 'look', () => connectionsDue(context))) ?? new Set();
    const connections = context.connections.list().filter(({ name }) => due.has(name));
    if (leave === 'all') lanes.start(connections);
    const worked = await guard(context, 'work', () => processDeliveries(context, leave === 'one' ? 1 : undefined));
    if (leave === 'all' && worked !== null && worked >= FULL_BATCH) startSecond();
    const first = connections.find(({ name }) => lanes.isIdle(name));
    if (leave === 'all' || worked || !first) return worked;
    return guard(context, 'fetch', () => processNotifications(context, first, 1));
  }
  /** With more due than one transaction takes, a second lane reads and compares while the first one commits. */
  function startSecond(): void {
    second ??= (async () => {
      for (let worked: number | null = FULL_BATCH; worked !== null && worked >= FULL_BATCH && mayGoOn(); ) {
        worked = await guard(context, 'work', () => processDeliveries(context));
      }
      second = null;
    })();
  }
  const mayGoOn = () => !stopping.signal.aborted && breaker.permits() === 'all';
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
