import type { Clock } from '../../domain/clock.ts';
import { Unavailable } from '../../domain/errors.ts';
import { retryAfterMs } from '../../domain/values/retry-after.ts';

export interface OutsideAnswer {
  status: number;
  headers: Readonly<Record<string, string>>;
  text: string;
}

/** Calls to issuers of tokens. Any status counts as a response; throws if there is none. */
export interface OutsideCalls {
  get(url: string): Promise<OutsideAnswer>;
  post(url: string, form: Readonly<Record<string, string>>, basic: { username: string; password: string }): Promise<OutsideAnswer>;
}

/** One outgoing request in the form of the program's only HTTP client. */
export type PlainCall = (call: {
  baseUrl: string;
  path: string;
  method: 'GET' | 'POST';
  headers: Record<string, string>;
  body?: string;
  timeoutMs: number;
}) => Promise<OutsideAnswer>;

// The sender is waiting and must get its 503 within 10 s: discovery and key set together stay below that.
const TIMEOUT_MS = 3500;

/** Calls to issuers over the program's HTTP client. */
export function createOutsideCalls(plain: PlainCall): OutsideCalls {
  const call = (url: string, rest: Omit<Parameters<PlainCall>[0], 'baseUrl' | 'path' | 'timeoutMs'>) =>
    plain({ baseUrl: new URL(url).origin, path: url, timeoutMs: TIMEOUT_MS, ...rest });
  return {
    get: (url) => call(url, { method: 'GET', headers: { accept: 'application/json' } }),
    post: (url, form, { username, password }) =>
      call(url, {
        method: 'POST',
        headers: {
          accept: 'application/json',
          'content-type': 'application/x-www-form-urlencoded',
          // RFC 6749, 2.3.1: both parts are form-encoded before they are joined.
          authorization: `Basic ${Buffer.from(`${formEncode(username)}:${formEncode(password)}`).toString('base64')}`,
        },
        body: new URLSearchParams(form).toString(),
      }),
  };
}

const formEncode = (text: string): string => encodeURIComponent(text).replaceAll('%20', '+');

const FAILURE_IS_KNOWN_MS = 2000;
const MINUTE_MS = 60_000;
const MOST_CALLS_PER_MINUTE = 20;

/** How long an issuer is not called after a failed call (null: no response): two seconds, or as long as it asks for, at most an hour. */
export const pauseAfterFailure = (answer: OutsideAnswer | null, now: Date): number =>
  Math.max(FAILURE_IS_KNOWN_MS, answer === null ? 0 : (retryAfterMs(answer.headers, now) ?? 0));

/**
 * A `get` that strangers cannot use to flood an issuer: a failure is cached (`pauseAfterFailure`), and each address is called at most 20 times a
 * minute. Returns the text of a 200 response; throws `Unavailable` for anything else.
 */
export function cautiousGet(get: OutsideCalls['get'], clock: Clock): (url: string) => Promise<string> {
  const known = new Map<string, { pausedUntilMs: number; calledAtMs: number[] }>();
  return async (url) => {
    const nowMs = clock.now().getTime();
    const record = known.get(url) ?? { pausedUntilMs: Number.NEGATIVE_INFINITY, calledAtMs: [] };
    record.calledAtMs = record.calledAtMs.filter((calledMs) => calledMs > nowMs - MINUTE_MS);
    known.set(url, record);
    if (nowMs < record.pausedUntilMs || record.calledAtMs.length >= MOST_CALLS_PER_MINUTE) throw cannotReach(url);
    record.calledAtMs.push(nowMs);
    const answer = await get(url).catch(() => null);
    if (answer?.status === 200) return answer.text;
    record.pausedUntilMs = nowMs + pauseAfterFailure(answer, clock.now());
    throw cannotReach(url);
  };
}

export const cannotReach = (url: string): Unavailable =>
  new Unavailable('issuer_unavailable', `The issuer of the token cannot be reached (${new URL(url).host}).`);
