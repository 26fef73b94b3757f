import { OrderdockError, RemoteFailure } from '../domain/errors.ts';

/** Delays between retries, milliseconds; after the last the run fails, and the next run continues from there. */
const RETRY_MS = [1000, 3000, 10_000, 30_000] as const;
const LONGEST_WAIT_MS = 5 * 60_000;
const LIMITED_WAIT_MS = 60_000;
/** 4xx statuses that are worth a retry. */
const RETRYABLE = [408, 423, 425, 429];
/** Error codes for requests that the platform's API does not support. */
const UNSUPPORTED = ['no_path', 'kind_not_fetchable', 'unknown_stream', 'page_unreadable', 'remote_paging'];

export interface RetryOptions {
  wait(ms: number, stop: AbortSignal): Promise<void>;
  stop: AbortController;
}

const interrupted = (): OrderdockError => new OrderdockError('interrupted', 'The run was interrupted and will be continued.');

/** A platform that keeps answering 429 is not called longer than this: the run then fails, which is an alert. */
const MOST_429 = 30;

/**
 * Calls the platform, with retries. It waits as long as necessary for our own rate limit, because fetches have priority; a 429 does not count as a
 * failure of the page either, unless the platform asks for more than five minutes. Not cockatiel's `retry`, which the circuit's library offers: it
 * sleeps by the system clock instead of a given `wait`, counts every failure against one limit (waits for our own rate limit must not count, and a
 * long `Retry-After` must end the run immediately), and on abort finishes the call in progress and rethrows its last error instead of ending as
 * interrupted.
 */
export async function withRetry<T>(options: RetryOptions, call: () => Promise<T>): Promise<T> {
  for (let [failures, limited] = [0, 0]; ; ) {
    if (options.stop.signal.aborted) throw interrupted();
    try {
      return await unlessStopped(call(), options.stop.signal);
    } catch (error) {
      if (!(error instanceof RemoteFailure) || isPermanentFailure(error)) throw error;
      const waitMs = Math.max(RETRY_MS[failures] ?? Number.POSITIVE_INFINITY, error.retryAfterMs ?? 0);
      if (error.code === 'rate_limited_here') await options.wait(error.retryAfterMs ?? 1000, options.stop.signal);
      else if (error.code === 'remote_rate_limited' && (error.retryAfterMs ?? 0) <= LONGEST_WAIT_MS && limited++ < MOST_429)
        await options.wait(error.retryAfterMs ?? LIMITED_WAIT_MS, options.stop.signal);
      else if (waitMs > LONGEST_WAIT_MS) throw error;
      else {
        failures += 1;
        await options.wait(waitMs, options.stop.signal);
      }
    }
  }
}

/** Does not wait for a call that is in progress when the service stops: its response would be discarded. */
async function unlessStopped<T>(call: Promise<T>, stop: AbortSignal): Promise<T> {
  const stopped = Promise.withResolvers<never>();
  const end = () => stopped.reject(interrupted());
  stop.addEventListener('abort', end, { once: true });
  try {
    return await Promise.race([call, stopped.promise]);
  } finally {
    stop.removeEventListener('abort', end);
  }
}

/** The platform understood and refused, or no request could be made at all: a retry would end the same way. */
export const isPermanentFailure = ({ status, code }: RemoteFailure): boolean =>
  (status >= 400 && status < 500 && !RETRYABLE.includes(status)) ||
  UNSUPPORTED.includes(code) ||
  // The address is outside the API's origin: nothing was sent.
  (code === 'remote_refused' && status === 0);
