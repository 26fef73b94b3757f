import { setTimeout as sleep } from 'node:timers/promises';
import type { CredentialPause, CredentialTrials } from '../domain/access/credential-trials.ts';
import { RemoteFailure } from '../domain/errors.ts';

/** How long other calls wait for the one that tries the credentials, before another one may try them; a slow response says nothing about them. */
const TRIAL_WAIT_MS = 1000;
/** How often, and how many times, a call requests its trial again when too many were sent. */
const RETRY_MS = 250;
const MAX_ATTEMPTS = 20;
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

export const createAccessGate = (options: AccessGateOptions): AccessGate => new Gate(options);

class Gate implements AccessGate {
  private readonly options: AccessGateOptions;
  /** Whether the credentials were accepted, and not refused since. */
  private proven = false;
  private refusals = 0;
  private pause: CredentialPause | null = null;
  private throttledUntilMs = 0;
  /** The call of this process that tries the credentials now. */
  private trial: Promise<unknown> | null = null;

  constructor(options: AccessGateOptions) {
    this.options = options;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    await this.refuseWhilePaused();
    // Nothing is awaited between the last check of `trial` and its replacement: of calls that start together, one goes ahead.
    while (!this.proven && this.trial !== null) {
      const awaited = this.trial;
      if (!(await hasEnded(awaited, TRIAL_WAIT_MS)) && this.trial === awaited) break;
      await this.refuseWhilePaused();
    }
    if (this.proven) return this.attempt(work, null);
    const throttledMs = this.throttledUntilMs - this.nowMs();
    if (throttledMs > 0 && throttledMs <= LONGEST_WAIT_MS) throw throttled(throttledMs);
    const ahead = this.tryCredentials(work).finally(() => {
      if (this.trial === ahead) this.trial = null;
    });
    this.trial = ahead;
    return ahead;
  }

  async refuseWhilePaused(): Promise<void> {
    // Another process may have ended the pause.
    if (this.pause !== null) this.pause = await this.options.trials.readPause(this.options.api, this.options.now());
    if (this.pause !== null) throw this.failure(this.pause);
  }

  /** Requests permission, since all processes together are limited in how often they try unproven credentials; then runs `work`. */
  private async tryCredentials<T>(work: () => Promise<T>): Promise<T> {
    const { trials, api, now, wait } = this.options;
    for (let attempts = 0; ; attempts++) {
      const answer = await trials.start(api, now());
      if (answer.state === 'permitted') return this.attempt(work, answer.id);
      if (answer.state === 'paused') {
        this.pause = answer;
        throw this.failure(answer);
      }
      if (attempts >= MAX_ATTEMPTS) {
        const waitMs = Math.min(answer.waitMs, LONGEST_WAIT_MS);
        this.throttledUntilMs = this.nowMs() + waitMs;
        throw throttled(waitMs);
      }
      await wait(RETRY_MS);
      if (this.proven) return this.attempt(work, null);
    }
  }

  /** Runs `work` and records its result. `permitted`: the trial as which it is recorded. */
  private async attempt<T>(work: () => Promise<T>, permitted: string | null): Promise<T> {
    const { trials, api, now } = this.options;
    const before = this.refusals;
    const sentAt = now();
    // A call that started before a refusal says nothing about the credentials now.
    const isCurrent = () => this.refusals === before;
    try {
      const result = await work();
      if (isCurrent()) await this.accept();
      return result;
    } catch (error) {
      if (isRefusal(error))
        throw isCurrent() || this.pause === null ? await this.refuse(error.message, sentAt, permitted) : this.failure(this.pause);
      if (isCurrent() && isAnswer(error)) await this.accept();
      else if (permitted !== null) await trials.withdraw(api, permitted, now()).catch(() => {});
      throw error;
    }
  }

  private async accept(): Promise<void> {
    this.pause = null;
    if (this.proven) return;
    this.proven = true;
    // Before anything is released: another process would find the pause still in force.
    await this.options.trials.recordAccepted(this.options.api).catch(() => {});
    this.options.onAccepted();
  }

  private async refuse(message: string, sentAt: Date, trial: string | null): Promise<RemoteFailure> {
    this.proven = false;
    this.refusals += 1;
    const { trials, api, now, onRefused } = this.options;
    const known = await trials.recordRefusal(api, { message, sentAt, trial }, now());
    this.pause = known;
    onRefused(message, known.untilMs - this.nowMs());
    return this.failure(known);
  }

  private failure({ untilMs, message }: CredentialPause): RemoteFailure {
    const { connection } = this.options;
    const waitMs = Math.max(1, untilMs - this.nowMs());
    return new RemoteFailure('platform_refuses_us', `${connection} refuses our credentials (${message})`, 401, waitMs);
  }

  private nowMs(): number {
    return this.options.now().getTime();
  }
}

const throttled = (waitMs: number): RemoteFailure =>
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
