import { RemoteFailure } from '../domain/errors.ts';

export type Priority = 'fetch' | 'reconcile';

interface Waiting {
  priority: Priority;
  /** Milliseconds since 1970 after which it stops waiting. */
  deadlineMs: number;
  pass(): void;
  refuse(error: unknown): void;
}

export interface RateLimiterOptions {
  /** Returns 0 if the next one may pass (it is then counted), else the milliseconds until a retry makes sense. */
  enter(): Promise<number>;
  now(): Date;
  sleep(ms: number): Promise<void>;
}

export interface RateLimiter {
  /** Resolves when the call may be sent. Throws `RemoteFailure('rate_limited_here')` if there will be no capacity in time. */
  pass(priority: Priority, maxWaitMs: number): Promise<void>;
}

/** The queue for a set of budgets: one at a time, fetches before reconciliation, otherwise in order of arrival. */
export function createRateLimiter({ enter, now, sleep }: RateLimiterOptions): RateLimiter {
  const waiting: Waiting[] = [];
  let running = false;
  let closedUntilMs = 0;
  return {
    pass: (priority, maxWaitMs) =>
      new Promise((pass, refuse) => {
        const closedMs = closedUntilMs - now().getTime();
        if (closedMs > maxWaitMs) return refuse(limitExhausted(closedMs));
        waiting.push({ priority, deadlineMs: now().getTime() + maxWaitMs, pass, refuse });
        if (!running) void run();
      }),
  };

  async function run(): Promise<void> {
    running = true;
    while (waiting.length > 0) {
      const waitMs = await enter().catch(refuseAll);
      if (waitMs === undefined) continue;
      if (waitMs <= 0) take()?.pass();
      else await waitFor(waitMs);
    }
    running = false;
  }

  function take(): Waiting | undefined {
    const fetching = waiting.findIndex((one) => one.priority === 'fetch');
    return waiting.splice(Math.max(0, fetching), 1)[0];
  }

  // The stored budgets cannot be read: no call may pass uncounted.
  function refuseAll(error: unknown): undefined {
    for (const one of waiting.splice(0)) one.refuse(error);
  }

  async function waitFor(waitMs: number): Promise<void> {
    const until = now().getTime() + waitMs;
    for (const one of waiting.filter((candidate) => candidate.deadlineMs < until)) {
      waiting.splice(waiting.indexOf(one), 1);
      one.refuse(limitExhausted(waitMs));
    }
    if (waiting.length === 0) return;
    closedUntilMs = until;
    await sleep(waitMs);
    closedUntilMs = 0;
  }
}

const limitExhausted = (waitMs: number): RemoteFailure =>
  new RemoteFailure('rate_limited_here', 'The limit of calls is used up for now', 0, Math.ceil(waitMs));

/** Runs one task at a time within this process, fetches before reconciliation. */
export function createMutex(): <T>(priority: Priority, work: () => Promise<T>) => Promise<T> {
  const waiting: { priority: Priority; start(): void }[] = [];
  let busy = false;
  const next = () => {
    const fetching = waiting.findIndex((one) => one.priority === 'fetch');
    const [chosen] = waiting.splice(Math.max(0, fetching), 1);
    busy = chosen !== undefined;
    chosen?.start();
  };
  return async (priority, work) => {
    if (busy) await new Promise<void>((start) => waiting.push({ priority, start }));
    busy = true;
    try {
      return await work();
    } finally {
      next();
    }
  };
}
