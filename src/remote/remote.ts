import type { Readable } from 'node:stream';
import type { Json } from '../domain/values/json.ts';

/** At most `calls` calls in any `perMs` milliseconds, across all processes. */
export interface Budget {
  name: string;
  calls: number;
  perMs: number;
}

/**
 * The remote limits, shared by all processes of a database. `enter` counts one call against every given budget;
 * it returns 0 if the call may be sent now, else the milliseconds until there is capacity (nothing is counted then).
 */
export interface Limits {
  enter(connection: string, budgets: readonly Budget[], now: Date): Promise<number>;
  /** The remote has answered 429: `enter` lets no call of these budgets pass before `untilMs` (milliseconds since 1970). */
  pause(connection: string, budgets: readonly string[], untilMs: number): Promise<void>;
  /** Runs `work` exclusively across all processes, after waiting its turn. */
  alone<T>(name: string, work: () => Promise<T>): Promise<T>;
}

/** Platform sessions by connection, shared by all processes of a database. The caller encrypts the text. */
export interface SessionStore {
  read(connection: string): Promise<string | null>;
  write(connection: string, encrypted: string): Promise<void>;
}

export interface RemoteCall {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Relative to the client's base URL, or absolute with the same origin. */
  path: string;
  query?: Record<string, string | number | boolean | null | undefined>;
  headers?: Record<string, string>;
  /** Sent as JSON; a string is sent unchanged. */
  body?: Json | string;
  /** The names of the budgets this call counts against; default: all of the client's. */
  budgets?: readonly string[];
  /** `fetch` goes before `reconcile` if both wait. */
  priority?: 'fetch' | 'reconcile';
  /** Longest wait for capacity in the budgets before `RemoteFailure('rate_limited_here')` with its retry time. Default 5000. */
  maxWaitMs?: number;
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
  /** One call at a time, across all processes. */
  sequential: boolean;
  /** Headers that authorise a call. `renew` true: the last ones were refused with 401, so get new ones (tried once per call). */
  authorize(renew: boolean): Promise<Record<string, string>>;
  /** Whether a response other than 401 means that our credentials are not accepted. */
  refuses?(call: RemoteCall, answer: RemoteResponse): boolean;
  /** An API other than the one used for fetches: its state is not the connection's. */
  secondary?: boolean;
}

/** The only outgoing HTTP. No redirects are followed. */
export interface RemoteClient {
  /** Returns a 2xx response. Throws `RemoteMissing` (404, 410) or `RemoteFailure` (with status and Retry-After); opens the circuit when a remote keeps failing. */
  call(call: RemoteCall): Promise<RemoteResponse>;
  /** Streams a body from `url`, without the client's authorisation unless `authorized`. */
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

/** Builds the API clients of one connection; budgets, turns and messages use the connection's name. */
export interface Remote {
  client(options: ClientOptions): RemoteClient;
  /**
   * A request without rate limit, authorisation or circuit, such as a login. Returns any status; throws `RemoteFailure` with status 0 if there is
   * no response.
   */
  plain(call: RemoteCall & { baseUrl: string; timeoutMs: number }): Promise<RemoteResponse>;
  /** Client credentials (simple-oauth2), cached until shortly before expiry, single flight: returns the `Authorization` header. */
  oauth2(options: Oauth2Options): (renew: boolean) => Promise<Record<string, string>>;
  /**
   * Changes the login that all processes share: `work` runs alone among them, receives what is stored (encrypted, or null) and returns what is to be
   * stored, which is the result.
   */
  shareSession(work: (encrypted: string | null) => Promise<string>): Promise<string>;
  /** Opens an address supplied by a business partner: public addresses only, also after redirects and if DNS changes its response. */
  openPublic(url: string): Promise<RemoteStream>;
  now(): Date;
}

/** All outgoing requests of the program, shared by all connections. */
export interface SharedRemote extends Pick<Remote, 'plain' | 'openPublic' | 'now'> {
  /** Posts to one of the operator's own systems: any address but a link-local one, no redirects. */
  postOwn(message: OwnMessage): Promise<RemoteResponse>;
  forConnection(connection: string): Remote;
}

/** A message to one of the operator's own systems. */
export interface OwnMessage {
  url: string;
  headers: Record<string, string>;
  body: string;
  timeoutMs: number;
}
