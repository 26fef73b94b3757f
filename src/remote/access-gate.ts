import { setTimeout as sleep } from 'node:timers/promises';
import { RemoteFailure } from '../domain/errors.ts';

/** Delays before our credentials are tried again: at most four attempts in the first minute, however many calls wait. */
const PAUSES_MS: readonly number[] = [10_000, 20_000, 40_000, 80_000, 160_000];
const LONGEST_PAUSE_MS = 300_000;
/** How long other calls wait for the one that tries the credentials; a slow response says nothing about them. */
const TRIAL_WAIT_MS = 1000;

export interface AccessGate {
  /**
   * Runs `work` unless the remote refuses our credentials: then throws `RemoteFailure('platform_refuses_us')` with the time until they are tried again.
   * While it is unknown whether they are accepted, one call goes ahead of the others.
   */
  run<T>(work: () => Promise<T>): Promise<T>;
  /** Throws like `run`, without running anything. */
  refuseWhilePaused(): void;
}

export interface AccessGateOptions {
  connection: string;
  now(): Date;
  /** Called with each refusal. */
  onRefused(message: string, pauseMs: number): void;
  /** Called with the first success ever, and with the first one after each refusal. */
  onAccepted(): void;
}

export function createAccessGate({ connection, now, onRefused, onAccepted }: AccessGateOptions): AccessGate {
  let proven = false;
  let refusals = 0;
  let pausedUntilMs = 0;
  let refusal = '';
  let trial: Promise<unknown> | null = null;

  const remainingMs = (): number => pausedUntilMs - now().getTime();
  const failure = (): RemoteFailure =>
    new RemoteFailure('platform_refuses_us', `${connection} refuses our credentials (${refusal})`, 401, Math.max(1, remainingMs()));

  function refuseWhilePaused(): void {
    if (remainingMs() > 0) throw failure();
  }
  function accept(): void {
    if (!proven) onAccepted();
    proven = true;
    refusals = 0;
    pausedUntilMs = 0;
  }
  function refuse(message: string): RemoteFailure {
    const pauseMs = PAUSES_MS[refusals] ?? LONGEST_PAUSE_MS;
    proven = false;
    refusals += 1;
    refusal = message;
    pausedUntilMs = now().getTime() + pauseMs;
    onRefused(message, pauseMs);
    return failure();
  }
  async function attempt<T>(work: () => Promise<T>): Promise<T> {
    const before = refusals;
    try {
      const result = await work();
      // A call that started before a refusal says nothing about the credentials now.
      if (refusals === before) accept();
      return result;
    } catch (error) {
      if (isRefusal(error)) throw refusals === before ? refuse(error.message) : failure();
      if (refusals === before && isAnswer(error)) accept();
      throw error;
    }
  }
  return {
    refuseWhilePaused,
    async run(work) {
      refuseWhilePaused();
      if (proven) return attempt(work);
      if (trial !== null) {
        await atMost(TRIAL_WAIT_MS, trial);
        refuseWhilePaused();
        return attempt(work);
      }
      const ahead = attempt(work).finally(() => {
        trial = null;
      });
      trial = ahead;
      return ahead;
    },
  };
}

/** Waits until `work` has settled or the time is up. */
async function atMost(ms: number, work: Promise<unknown>): Promise<void> {
  const timer = new AbortController();
  const over = sleep(ms, undefined, { ref: false, signal: timer.signal }).catch(() => {});
  await Promise.race([work.catch(() => {}), over]);
  timer.abort();
}

/** Whether the API (401 after a renewal) or its token endpoint refuses our credentials. */
const isRefusal = (error: unknown): error is RemoteFailure =>
  error instanceof RemoteFailure && (error.status === 401 || error.code === 'oauth_refused' || error.code === 'remote_unauthorized');

/** A response about a resource, even that it does not exist, shows that the credentials were accepted. */
const isAnswer = (error: unknown): boolean =>
  error instanceof RemoteFailure && error.status >= 400 && error.status < 500 && error.status !== 403 && error.status !== 429;
