import { OrderdockError, RemoteFailure } from '../domain/errors.ts';

/** Waits before asking a failing platform again, milliseconds; after the last the run fails, and the next one goes on from there. */
const RETRY_MS = [1000, 3000, 10_000, 30_000] as const;
const LONGEST_WAIT_MS = 5 * 60_000;
/** Answers of the 4xx range that ask for another try. */
const COME_AGAIN = [408, 423, 425, 429];
/** Codes of platform folders for what their API has no call for. */
const NOTHING_TO_ASK = ['no_path', 'kind_not_fetchable', 'unknown_stream', 'page_unreadable', 'remote_paging'];

export interface RetryOptions {
  wait(ms: number, stop: AbortSignal): Promise<void>;
  stop: AbortController;
}

const interrupted = (): OrderdockError => new OrderdockError('interrupted', 'The run was broken off and will be continued.');

/** Asks the platform, again after a while when it fails. A place in its limits is waited for as long as it takes: fetching goes first. */
export async function withRetry<T>(patience: RetryOptions, ask: () => Promise<T>): Promise<T> {
  for (let failures = 0; ; ) {
    if (patience.stop.signal.aborted) throw interrupted();
    try {
      return await unlessStopped(ask(), patience.stop.signal);
    } catch (error) {
      if (!(error instanceof RemoteFailure) || isPermanentFailure(error)) throw error;
      const waitMs = Math.max(RETRY_MS[failures] ?? Number.POSITIVE_INFINITY, error.retryAfterMs ?? 0);
      if (error.code === 'rate_limited_here') await patience.wait(error.retryAfterMs ?? 1000, patience.stop.signal);
      else if (waitMs > LONGEST_WAIT_MS) throw error;
      else {
        failures += 1;
        await patience.wait(waitMs, patience.stop.signal);
      }
    }
  }
}

/** A call that is under way when the service stops is not waited for: its answer would come to nobody. */
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

/** The platform understood and refused, or nothing could be asked at all: asking again would end the same. */
export const isPermanentFailure = ({ status, code }: RemoteFailure): boolean =>
  (status >= 400 && status < 500 && !COME_AGAIN.includes(status)) ||
  NOTHING_TO_ASK.includes(code) ||
  // An address that is not the API's own: nothing was sent.
  (code === 'remote_refused' && status === 0);
