/** Delays before refused credentials are tried again. */
const PAUSES_MS: readonly number[] = [10_000, 20_000, 40_000, 80_000, 160_000];
const LONGEST_PAUSE_MS = 300_000;
/** At most this many trials in any minute, over all processes, whatever starts or reloads. */
export const MOST_TRIALS = 6;
export const TRIALS_PER_MS = 60_000;
/** How long other processes wait for a trial of one that has not ended yet. */
export const TRIAL_LEASE_MS = 10_000;

/** The pause after this number of refusals in a row. */
export const pauseAfter = (refusals: number): number => PAUSES_MS[refusals - 1] ?? LONGEST_PAUSE_MS;

/** A platform refuses our credentials: nothing is sent until `untilMs` (milliseconds since 1970). `message`: its answer. */
export interface CredentialPause {
  untilMs: number;
  message: string;
}

/** A refused call. `trial`: it was this permitted trial; null: the credentials had been accepted before. */
export interface Refusal {
  message: string;
  sentAt: Date;
  trial: string | null;
}

/** What a call with unproven credentials may do: be sent, fail until a pause is over, or wait, `waitMs` at most, for the trial of another process or because too many were sent. */
export type Trial = { state: 'permitted'; id: string } | ({ state: 'paused' } & CredentialPause) | { state: 'wait'; waitMs: number };

/** The refusals of each API's credentials, shared by all processes of a database. `api` is the connection's name, or one of its other APIs'. */
export interface CredentialTrials {
  /** The pause in force, if any. */
  readPause(api: string, now: Date): Promise<CredentialPause | null>;
  /** Requests permission for a call while it is unknown whether the credentials are accepted; a permitted one is counted. */
  start(api: string, now: Date): Promise<Trial>;
  /** Records a refusal; one of a call that was sent before an earlier one was recorded is the same refusal, and the pause stays. */
  recordRefusal(api: string, refusal: Refusal, now: Date): Promise<CredentialPause>;
  /** Withdraws a permitted trial whose outcome says nothing about the credentials: it was not sent, or not answered. */
  withdraw(api: string, id: string, now: Date): Promise<void>;
  /** Ends the pause and forgets the trials: the credentials are accepted. */
  recordAccepted(api: string): Promise<void>;
  /** Lets all credentials be tried again: they may have been corrected. */
  liftPauses(): Promise<void>;
}
