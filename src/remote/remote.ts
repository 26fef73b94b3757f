import type { Readable } from 'node:stream';
import type { Json } from '../domain/values/json.ts';

/** At most `calls` calls in any `perMs` milliseconds, over all processes. */
export interface Budget {
  name: string;
  calls: number;
  perMs: number;
}

/**
 * The memory of remote limits, shared by all processes of a database. `enter` counts one call against every budget that is named;
 * it answers 0 when the call may go out now, else the milliseconds until a place is free (nothing is counted then).
 */
export interface Limits {
  enter(connection: string, budgets: readonly Budget[], now: Date): Promise<number>;
  /** Runs `work` alone among all processes; waits its turn. */
  alone<T>(name: string, work: () => Promise<T>): Promise<T>;
}

/** Logins at platforms, by connection, shared by all processes of a database. The text is sealed by whoever stores it. */
export interface SessionStore {
  read(connection: string): Promise<string | null>;
  write(connection: string, sealed: string): Promise<void>;
}

export interface RemoteCall {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Relative to the client's base URL, or absolute with the same origin. */
  path: string;
  query?: Record<string, string | number | boolean | null | undefined>;
  headers?: Record<string, string>;
  /** Sent as JSON; a string is sent as it stands. */
  body?: Json | string;
  /** The names of the budgets this call counts against; default: all of the client's. */
  budgets?: readonly string[];
  /** `fetch` goes before `reconcile` where both wait. */
  priority?: 'fetch' | 'reconcile';
  /** Longest wait for a place in the budgets before `RemoteFailure('rate_limited_here')` with its retry time. Default 5000. */
  patienceMs?: number;
}

export interface RemoteResponse {
  status: number;
  headers: Record<string, string>;
  text: string;
}

export interface RemoteStream {
  status: number;
  headers: Record<string, string>;
  content: Readable;
}

export interface ClientOptions {
  baseUrl: string;
  timeoutMs: number;
  budgets: readonly Budget[];
  /** One call at a time, over all processes. */
  sequential: boolean;
  /** Headers that authorise a call. `renew` true: the last ones were refused with 401, get new ones (tried once per call). */
  authorize(renew: boolean): Promise<Record<string, string>>;
  /** Whether an answer other than 401 says that our credentials are not accepted. */
  refuses?(call: RemoteCall, answer: RemoteResponse): boolean;
  /** Another API beside the one that fetches go to: its state is not the connection's. */
  secondary?: boolean;
}

/** The only outgoing HTTP. No redirects are followed. */
export interface RemoteClient {
  /** A 2xx answer. Throws `RemoteMissing` (404, 410) or `RemoteFailure` (with status and Retry-After); opens the circuit when a remote keeps failing. */
  call(call: RemoteCall): Promise<RemoteResponse>;
  /** A body as a stream from `url`, without the client's authorisation unless `authorized`. */
  open(path: string, options?: { authorized?: boolean }): Promise<RemoteStream>;
  /** `closed` (all well), `open` (waiting), `half-open` (trying again). */
  circuit(): CircuitState;
}

export type CircuitState = 'closed' | 'open' | 'half-open';

export interface Oauth2Options {
  tokenUrl: string;
  clientId: string;
  clientSecret: string;
  audience?: string | undefined;
  scope?: string | undefined;
}

/** What a platform folder builds the API clients of one connection from: budgets, turns and messages go by the connection's name. */
export interface Remote {
  client(options: ClientOptions): RemoteClient;
  /** A request outside any budget, authorisation or circuit: logins. Any status is an answer; throws `RemoteFailure` with status 0 when there is none. */
  plain(call: RemoteCall & { baseUrl: string; timeoutMs: number }): Promise<RemoteResponse>;
  /** Client credentials (simple-oauth2), cached until shortly before expiry, single flight: gives the `Authorization` header. */
  oauth2(options: Oauth2Options): (renew: boolean) => Promise<Record<string, string>>;
  /**
   * Changes the login that all processes share: `work` runs alone among them, is given what is stored (sealed, or null) and gives what is to be
   * stored. Gives that.
   */
  shareSession(work: (sealed: string | null) => Promise<string>): Promise<string>;
  /** Opens an address that came from a business partner: public addresses only, also after redirects and against DNS that changes its answer. */
  openPublic(url: string): Promise<RemoteStream>;
  now(): Date;
}

/** The only way out of the program, shared by all connections. */
export interface SharedRemote extends Pick<Remote, 'plain' | 'openPublic' | 'now'> {
  /** Posts to a system of the operator's own: any address but a link-local one, no redirects. */
  postOwn(message: OwnMessage): Promise<RemoteResponse>;
  forConnection(connection: string): Remote;
}

/** A message to a system of the operator's own. */
export interface OwnMessage {
  url: string;
  headers: Record<string, string>;
  body: string;
  timeoutMs: number;
}
