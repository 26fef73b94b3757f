import type { ErrorCode } from '../domain/error-codes.ts';
import { RemoteFailure, RemoteMissing } from '../domain/errors.ts';
import { retryAfterMs } from '../domain/values/retry-after.ts';
import type { RemoteCall } from './remote.ts';

/** The target of a call, for messages: method, origin and path, without the query, since some APIs take credentials there. */
export function describeCall(method: RemoteCall['method'], url: string): string {
  const { origin, pathname } = new URL(url);
  return `${method} ${origin}${pathname}`;
}

const CODES: Readonly<Partial<Record<number, ErrorCode>>> = {
  401: 'remote_unauthorized',
  403: 'remote_forbidden',
  429: 'remote_rate_limited',
};

/** The error for a response other than 2xx. Messages never contain bodies, which may contain anything. */
export function failureOfResponse(what: string, status: number, headers: Record<string, string>, now: Date): RemoteFailure {
  if (status === 404 || status === 410) return new RemoteMissing(`${what} answered ${status}`, status);
  const code = CODES[status] ?? (status >= 500 ? 'remote_unavailable' : status >= 400 ? 'remote_refused' : 'remote_redirected');
  return new RemoteFailure(code, `${what} answered ${status}`, status, retryAfterMs(headers, now));
}

/** The error for a missing response: `remote_timeout` or `remote_unreachable`, status 0. */
export function failureOfNoResponse(what: string, timedOut: boolean, error: unknown): RemoteFailure {
  // Only the text is passed on: the HTTP library's own error contains the request with its credentials.
  const cause = new Error(error instanceof Error ? error.message : String(error));
  const reason = error instanceof Error && 'code' in error && error.code ? String(error.code) : 'no answer';
  return timedOut
    ? new RemoteFailure('remote_timeout', `${what} did not answer in time`, 0, null, { cause })
    : new RemoteFailure('remote_unreachable', `${what} could not be reached (${reason})`, 0, null, { cause });
}

const OUTAGES: ReadonlySet<string> = new Set(['remote_timeout', 'remote_unreachable']);

/** Whether an error means that the remote itself is down: no response, or a 5xx. A 4xx concerns a single request. */
export const isOutage = (error: unknown): error is RemoteFailure =>
  error instanceof RemoteFailure && (error.status >= 500 || OUTAGES.has(error.code));
