import type { Context } from '../context.ts';
import { readNextDueAt } from '../store/deliveries/due.ts';
import { createBatchSize } from './batch-size.ts';
import { correctFutureTimes, recoverLeases, renewDeliveryLeases } from './delivery-leases.ts';
import { createFailureBreaker, type Permit } from './failure-breaker.ts';
import { createFetchLanes } from './fetch-lanes.ts';
import { connectionsDue, processNotifications } from './fetch-resources.ts';
import { processDeliveries } from './process-deliveries.ts';

/** How long a worker sleeps while the breaker is open, and the longest time between two queries of the database. */
const PAUSED_MS = 400;
const LONGEST_SLEEP_MS = 5000;
const LEASE_RENEWAL_MS = 5000;

export interface Worker {
  /** Stops after completing the work in progress. */
  stop(): Promise<void>;
}

/** Processes deliveries until stopped: those that carry their content in one lane, and the fetches of each connection in another. */
export function startWorker(shared: Context): Worker {
  const breaker = createFailureBreaker(shared);
  const context: Context = { ...shared, attempted: breaker.note };
  const size = createBatchSize();
  const stopping = new AbortController();
  const lanes = createFetchLanes(context, (work) => guard(context, 'fetch', work));
  let second: Promise<void> | null = null;
  let lastRenewalMs = context.clock.now().getTime();
  const renewal = setInterval(() => {
    const nowMs = context.clock.now().getTime();
    if (nowMs < lastRenewalMs) void guard(context, 'clock', () => correctFutureTimes(context));
    lastRenewalMs = nowMs;
    void guard(context, 'lease', () => renewDeliveryLeases(context));
  }, LEASE_RENEWAL_MS);
  const main = run();

  async function run(): Promise<void> {
    await guard(context, 'recover', () => recoverLeases(context));
    await guard(context, 'clock', () => correctFutureTimes(context));
    while (!stopping.signal.aborted) {
      const seen = context.deliveryArrived.count();
      const processed = await processPermitted(breaker.permits());
      if (!processed) await sleep(seen);
    }
    await Promise.all([lanes.settled(), second]);
  }
  /**
   * Sleeps until something arrives, the next delivery is due, or another process has written. `seen`: the number of arrivals before the last
   * query.
   */
  async function sleep(seen: number): Promise<void> {
    const { dialect } = context.db;
    const mark = dialect.changeMark();
    const fromMs = context.clock.now().getTime();
    const dueAt = await guard(context, 'look', () => readNextDueAt(context.db.read, new Date(fromMs).toISOString()));
    const longestMs = breaker.permits() === 'all' ? LONGEST_SLEEP_MS : PAUSED_MS;
    const untilMs = Math.min(fromMs + longestMs, dueAt === null ? Number.POSITIVE_INFINITY : Date.parse(dueAt));
    for (let nowMs = fromMs; nowMs < untilMs && !stopping.signal.aborted; nowMs = context.clock.now().getTime()) {
      await context.deliveryArrived.wait(Math.min(context.pollIntervalMs(), untilMs - nowMs), stopping.signal, seen);
      if (context.deliveryArrived.count() !== seen || mark === null || dialect.changeMark() !== mark) return;
    }
  }
  /** Nothing while the breaker is open; then one delivery as a trial. */
  async function processPermitted(permit: Permit): Promise<number | null> {
    if (permit === 'none') return null;
    const due = (await guard(context, 'look', () => connectionsDue(context))) ?? new Set();
    const connections = context.connections.list().filter(({ name }) => due.has(name));
    if (permit === 'all') lanes.start(connections);
    const most = permit === 'one' ? 1 : size.next();
    const processed = await guard(context, 'work', () => processDeliveries(context, most));
    if (permit === 'all' && size.ended(most, processed)) startSecond();
    const first = connections.find(({ name }) => lanes.isIdle(name));
    if (permit === 'all' || processed || !first) return processed;
    return guard(context, 'fetch', () => processNotifications(context, first, 1));
  }
  /** When more is due than fits into one transaction, a second lane reads and compares while the first one commits. */
  function startSecond(): void {
    second ??= (async () => {
      for (let full = true; full && mayContinue(); ) {
        const most = size.next();
        full = size.ended(most, await guard(context, 'work', () => processDeliveries(context, most)));
      }
      second = null;
    })();
  }
  const mayContinue = () => !stopping.signal.aborted && breaker.permits() === 'all';
  return {
    async stop() {
      stopping.abort();
      await main;
      clearInterval(renewal);
    },
  };
}

/** A database failure or an internal error must not end the loop: it is logged, and the next round tries again. */
async function guard<T>(context: Context, step: string, work: () => Promise<T>): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    context.log.error('worker_failed', { step, error: error instanceof Error ? error.message : String(error) });
    return null;
  }
}
