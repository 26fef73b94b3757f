import type { Context } from '../context.ts';
import { readNextDueAt } from '../store/deliveries/due.ts';
import { createBatchSize } from './batch-size.ts';
import { correctFutureTimes, recoverLeases, renewDeliveryLeases } from './delivery-leases.ts';
import { createFailureBreaker, type FailureBreaker, type Permit } from './failure-breaker.ts';
import { createFetchLanes, type FetchLanes } from './fetch-lanes.ts';
import { connectionsDue, processNotifications } from './fetch-resources.ts';
import { processDeliveries } from './process-deliveries.ts';

/** How long a worker sleeps while the breaker is open, and the longest time between two queries of the database. */
const PAUSED_MS = 400;
const LONGEST_SLEEP_MS = 5000;
/** After a time without work, a twentieth of it is the interval at which this process checks whether another one has written; at most 2 s. */
const IDLE_SHARE = 20;
const LONGEST_CHECK_MS = 2000;
const LEASE_RENEWAL_MS = 5000;

export interface Worker {
  /** Stops after completing the work in progress. */
  stop(): Promise<void>;
}

/** Processes deliveries until stopped: those that carry their content in one lane, and the fetches of each connection in another. */
export const startWorker = (context: Context): Worker => new DeliveryWorker(context);

class DeliveryWorker implements Worker {
  private readonly context: Context;
  private readonly breaker: FailureBreaker;
  private readonly size = createBatchSize();
  private readonly lanes: FetchLanes;
  private readonly stopping = new AbortController();
  private readonly renewal: { stop(): void };
  private readonly main: Promise<void>;
  private secondLane: Promise<void> | null = null;
  private workedAtMs = 0;

  constructor(shared: Context) {
    this.breaker = createFailureBreaker(shared);
    this.context = { ...shared, attempted: this.breaker.note };
    this.lanes = createFetchLanes(this.context, (work) => guard(this.context, 'fetch', work));
    this.renewal = renewLeases(this.context);
    this.main = this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.main;
    this.renewal.stop();
  }

  private async run(): Promise<void> {
    const { context } = this;
    // An alert of an earlier process: this one has not failed yet.
    context.alerts.close('working_paused', null, 'Processing has started again.');
    await guard(context, 'recover', () => recoverLeases(context));
    await guard(context, 'clock', () => correctFutureTimes(context));
    this.workedAtMs = context.clock.now().getTime();
    while (!this.stopping.signal.aborted) {
      const seen = context.deliveryArrived.count();
      const processed = await this.processPermitted(this.breaker.permits());
      if (processed) this.workedAtMs = context.clock.now().getTime();
      else await this.sleep(seen);
    }
    await Promise.all([this.lanes.settled(), this.secondLane]);
  }

  /** Nothing while the breaker is open; then one delivery as a trial. */
  private async processPermitted(permit: Permit): Promise<number | null> {
    if (permit === 'none') return null;
    const { context, lanes, size } = this;
    const due = (await guard(context, 'look', () => connectionsDue(context))) ?? new Set();
    const connections = context.connections.list().filter(({ name }) => due.has(name));
    if (permit === 'all') lanes.start(connections);
    const most = permit === 'one' ? 1 : size.next();
    const processed = await guard(context, 'work', () => processDeliveries(context, most));
    if (permit === 'all' && size.ended(most, processed)) this.startSecondLane();
    const first = connections.find(({ name }) => lanes.isIdle(name));
    if (permit === 'all' || processed || !first) return processed;
    return guard(context, 'fetch', () => processNotifications(context, first, 1));
  }

  /** When more is due than fits into one transaction, a second lane reads and compares while the first one commits. */
  private startSecondLane(): void {
    this.secondLane ??= this.runSecondLane().finally(() => {
      this.secondLane = null;
    });
  }

  private async runSecondLane(): Promise<void> {
    const { context, size } = this;
    for (let full = true; full && this.mayContinue(); ) {
      const most = size.next();
      full = size.ended(most, await guard(context, 'work', () => processDeliveries(context, most)));
    }
  }

  private mayContinue(): boolean {
    return !this.stopping.signal.aborted && this.breaker.permits() === 'all';
  }

  /** Sleeps until something arrives or a delivery is due. `seen`: the number of arrivals before the last query. */
  private async sleep(seen: number): Promise<void> {
    const { context } = this;
    // What is due but was not taken just now waits for something else.
    let after = context.clock.now().toISOString();
    for (;;) {
      const mark = context.db.dialect.changeMark();
      const now = context.clock.now();
      const dueAt = await guard(context, 'look', () => readNextDueAt(context.db.read, after));
      if (dueAt !== null && dueAt <= now.toISOString()) return;
      await this.untilWritten(seen, mark, { now, dueAt });
      if (this.stopping.signal.aborted || context.deliveryArrived.count() !== seen || this.breaker.permits() !== 'all') return;
      // Then this one query tells that there is still nothing to do.
      after = '';
    }
  }

  /** Until something arrives, the next delivery is due, another process has written, or that is to be checked again. */
  private async untilWritten(seen: number, mark: string | null, { now, dueAt }: { now: Date; dueAt: string | null }): Promise<void> {
    const { context } = this;
    const { signal } = this.stopping;
    const { dialect } = context.db;
    const fromMs = now.getTime();
    const longestMs = this.breaker.permits() === 'all' ? LONGEST_SLEEP_MS : PAUSED_MS;
    const untilMs = Math.min(fromMs + longestMs, dueAt === null ? Number.POSITIVE_INFINITY : Date.parse(dueAt));
    for (let nowMs = fromMs; nowMs < untilMs && !signal.aborted; nowMs = context.clock.now().getTime()) {
      const checkMs = Math.max(context.pollIntervalMs(), Math.min((nowMs - this.workedAtMs) / IDLE_SHARE, LONGEST_CHECK_MS));
      await context.deliveryArrived.wait(Math.min(checkMs, untilMs - nowMs), signal, seen);
      if (context.deliveryArrived.count() !== seen || mark === null || dialect.changeMark() !== mark) return;
    }
  }
}

/** Renews the leases of what this process works on; corrects times in the future when the clock was set back. */
function renewLeases(context: Context): { stop(): void } {
  let lastMs = context.clock.now().getTime();
  const timer = setInterval(() => {
    const nowMs = context.clock.now().getTime();
    if (nowMs < lastMs) void guard(context, 'clock', () => correctFutureTimes(context));
    lastMs = nowMs;
    void guard(context, 'lease', () => renewDeliveryLeases(context));
  }, LEASE_RENEWAL_MS);
  return { stop: () => clearInterval(timer) };
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
