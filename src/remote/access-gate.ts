import { setTimeout as sleep } from 'node:timers/promises';
import type { CredentialPause, CredentialTrials } from '../domain/access/credential-trials.ts';
import { RemoteFailure } from '../domain/errors.ts';

/** How long other calls wait for the one that tries the credentials, before another one may try them; a slow response says nothing about them. */
const TRIAL_WAIT_MS = 1000;
/** How often, and how many times, a call asks again for its trial when too many were sent. */
const ASK_AGAIN_MS = 250;
const MOST_QUESTIONS = 20;
const LONGEST_WAIT_MS = 5000;

export interface AccessGate {
  /**
   * Runs `work` unless the remote refuses our credentials: then throws `RemoteFailure('platform_refuses_us')` with the time until they are tried again.
   * While it is unknown whether they are accepted, one call goes ahead of the others.
   */
  run<T>(work: () => Promise<T>): Promise<T>;
  /** Throws like `run`, without running anything. */
  refuseWhilePaused(): Promise<void>;
}

export interface AccessGateOptions {
  connection: string;
  /** The name under which refusals are shared. */
  api: string;
  trials: CredentialTrials;
  now(): Date;
  wait(ms: number): Promise<void>;
  /** Called with each refusal. */
  onRefused(message: string, pauseMs: number): void;
  /** Called with the first success ever, and with the first one after each refusal. */
  onAccepted(): void;
}

export function createAccessGate({ connection, api, trials, now, wait, onRefused, onAccepted }: AccessGateOptions): AccessGate {
  let proven = false;
  let refusals = 0;
  let pause: CredentialPause | null = null;
  let crowdedUntilMs = 0;
  let trial: Promise<unknown> | null = null;

  const failure = ({ untilMs, message }: CredentialPause): RemoteFailure =>
    new RemoteFailure(
      'platform_refuses_us',
      `${connection} refuses our credentials (${message})`,
      401,
      Math.max(1, untilMs - now().getTime()),
    );
  async function refuseWhilePaused(): Promise<void> {
    // Another process may have ended the pause.
    if (pause !== null) pause = await trials.readPause(api, now());
    if (pause !== null) throw failure(pause);
  }
  async function accept(): Promise<void> {
    pause = null;
    if (proven) return;
    proven = true;
    // Before anything is released: another process would find the pause still in force.
    await trials.recordAccepted(api).catch(() => {});
    onAccepted();
  }
  async function refuse(message: string, sentAt: Date, trial: string | null): Promise<RemoteFailure> {
    proven = false;
    refusals += 1;
    const known = await trials.recordRefusal(api, { message, sentAt, trial }, now());
    pause = known;
    onRefused(message, known.untilMs - now().getTime());
    return failure(known);
  }
  async function attempt<T>(work: () => Promise<T>, permitted: string | null): Promise<T> {
    const before = refusals;
    const sentAt = now();
    try {
      const result = await work();
      // A call that started before a refusal says nothing about the credentials now.
      if (refusals === before) await accept();
      return result;
    } catch (error) {
      if (isRefusal(error)) throw refusals === before || pause === null ? await refuse(error.message, sentAt, permitted) : failure(pause);
      if (refusals === before && isAnswer(error)) await accept();
      else if (permitted !== null) await trials.withdraw(api, permitted, now()).catch(() => {});
      throw error;
    }
  }
  async function tryCredentials<T>(work: () => Promise<T>): Promise<T> {
    for (let asked = 0; ; asked++) {
      const answer = await trials.start(api, now());
      if (answer.state === 'permitted') return attempt(work, answer.id);
      if (answer.state === 'paused') {
        pause = answer;
        throw failure(answer);
      }
      if (asked >= MOST_QUESTIONS) {
        const waitMs = Math.min(answer.waitMs, LONGEST_WAIT_MS);
        crowdedUntilMs = now().getTime() + waitMs;
        throw crowded(waitMs);
      }
      await wait(ASK_AGAIN_MS);
      if (proven) return attempt(work, null);
    }
  }
  return {
    refuseWhilePaused,
    async run(work) {
      await refuseWhilePaused();
      while (!proven && trial !== null) {
        const awaited = trial;
        if (!(await hasEnded(awaited, TRIAL_WAIT_MS)) && trial === awaited) break;
        await refuseWhilePaused();
      }
      if (proven) return attempt(work, null);
      const crowdedMs = crowdedUntilMs - now().getTime();
      if (crowdedMs > 0 && crowdedMs <= LONGEST_WAIT_MS) throw crowded(crowdedMs);
      const ahead = tryCredentials(work).finally(() => {
        if (trial === ahead) trial = null;
      });
      trial = ahead;
      return ahead;
    },
  };
}

const crowded = (waitMs: number): RemoteFailure =>
  new RemoteFailure('rate_limited_here', 'The credentials are being tried, or have been too often in the last minute', 0, waitMs);

/** Waits until `work` has settled, or the time is up: then false. */
async function hasEnded(work: Promise<unknown>, ms: number): Promise<boolean> {
  const timer = new AbortController();
  const over = sleep(ms, false, { ref: false, signal: timer.signal }).catch(() => false);
  const ended = await Promise.race([
    work.then(
      () => true,
      () => true,
    ),
    over,
  ]);
  timer.abort();
  return ended;
}

/** Whether the API (401 after a renewal) or its token endpoint refuses our credentials. */
const isRefusal = (error: unknown): error is RemoteFailure =>
  error instanceof RemoteFailure && (error.status === 401 || error.code === 'oauth_refused' || error.code === 'remote_unauthorized');

/** A response about a resource, even that it does not exist, shows that the credentials were accepted. */
const isAnswer = (error: unknown): boolean =>
  error instanceof RemoteFailure && error.status >= 400 && error.status < 500 && error.status !== 403 && error.status !== 429;
