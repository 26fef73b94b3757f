import type { Attempt, AttemptOutcome, DeliveryState } from './entities/delivery.ts';
import { InvalidBody, isTooDeep, OrderdockError, PermanentFailure, RemoteFailure, RemoteMissing } from './errors.ts';
import { backoffMs, MAX_ATTEMPTS, MAX_MISSING_ATTEMPTS, MISSING_WAIT_MS } from './retry.ts';

/** How an attempt ended, before its consequences are decided. */
export type AttemptEnd = { end: 'done' } | { end: 'ignored'; reason: string } | { end: 'failed'; error: unknown };

/** The next state of a delivery. `counted` false: it only had to wait (limit, circuit), so the attempt does not count. */
export interface NextStep {
  state: DeliveryState;
  outcome: AttemptOutcome | null;
  waitMs: number;
  error: string | null;
}

/** Codes of failures that are unrelated to the delivery itself: it waits without losing an attempt. */
const ONLY_WAITING = [
  'rate_limited_here',
  'remote_rate_limited',
  'circuit_open',
  'platform_refuses_us',
  'stopping',
  'database_unavailable',
];

/** Whether a failure says nothing about the requested resource: nothing is given up because of it, however long it lasts. */
export const isOnlyWaiting = (error: unknown): boolean => error instanceof OrderdockError && ONLY_WAITING.includes(error.code);

/** Codes of failures caused by the body or an id: the same bytes fail again however often they are processed. */
export const PERMANENT: ReadonlySet<string> = new Set([
  'invalid_body',
  'invalid_id',
  'id_too_long',
  'too_many_lines',
  'id_not_addressable',
]);

/** Whether a stored error, `code: text`, is one that a replay cannot fix. */
export const isPermanentError = (error: string | null): boolean => PERMANENT.has(error?.split(':')[0] ?? '');

/** The next state of a delivery after an attempt: pure. `attempts` are those before this one, `random` is in [0, 1). */
export function nextStep(end: AttemptEnd, attempts: readonly Attempt[], random: number): NextStep {
  if (end.end === 'done') return { state: 'done', outcome: 'done', waitMs: 0, error: null };
  if (end.end === 'ignored') return { state: 'ignored', outcome: 'ignored', waitMs: 0, error: end.reason };
  const error = errorText(end.error);
  if (isOnlyWaiting(end.error)) return { state: 'pending', outcome: null, waitMs: remoteWaitMs(end.error) ?? 1000, error };
  if (isPermanent(end.error, attempts)) return { state: 'dead', outcome: 'dead', waitMs: 0, error };
  const longestMs = end.error instanceof RemoteMissing ? MISSING_WAIT_MS : undefined;
  const waitMs = Math.max(backoffMs(attempts.length + 1, random, longestMs), remoteWaitMs(end.error) ?? 0);
  return { state: 'pending', outcome: 'retry', waitMs, error };
}

function isPermanent(error: unknown, attempts: readonly Attempt[]): boolean {
  if (error instanceof InvalidBody || error instanceof PermanentFailure || isTooDeep(error)) return true;
  if (attempts.length + 1 >= MAX_ATTEMPTS) return true;
  if (!(error instanceof RemoteMissing)) return false;
  return attempts.filter((attempt) => attempt.error?.startsWith('remote_missing')).length >= MAX_MISSING_ATTEMPTS;
}

const remoteWaitMs = (error: unknown): number | null => (error instanceof RemoteFailure ? error.retryAfterMs : null);

/** `code: message` for rows and console; an unknown error keeps its message, shortened to one readable line. */
export function errorText(error: unknown): string {
  if (error instanceof OrderdockError) return `${error.code}: ${error.message}`.slice(0, 500);
  if (isTooDeep(error)) return 'invalid_body: The document is nested too deeply to be read';
  const message = error instanceof Error ? error.message : String(error);
  return `internal: ${message.replaceAll(/\s+/g, ' ')}`.slice(0, 500);
}
