import { AsyncLocalStorage } from 'node:async_hooks';

/** Who performs an action: the owner of an API key, a user of the command line, or the service itself. */
export interface Actor {
  who: string;
  keyName: string | null;
  via: 'api' | 'console' | 'cli' | 'service';
  address: string | null;
}

/** The fields that log lines, outgoing calls and the audit take from the current request or command. */
export interface CurrentRequest {
  requestId: string;
  /** W3C Trace Context as sent by the caller; null: none. */
  traceparent: string | null;
  /** Set once the caller is known. */
  actor: Actor | null;
}

// The only implicit state: as an argument it would pass through every function between the HTTP server and the log.
const storage = new AsyncLocalStorage<CurrentRequest | undefined>();

export const currentRequest = (): CurrentRequest | undefined => storage.getStore();

/**
 * Runs `work`, and everything it starts, within the context of a request. `undefined`: of none. What serves several requests has to say so: else it
 * would run in the context of the one that happened to start it.
 */
export const runInRequest = <T>(request: CurrentRequest | undefined, work: () => T): T => storage.run(request, work);

/** Sets the actor of the current request. */
export function setActor(actor: Actor): void {
  const request = storage.getStore();
  if (request) request.actor = actor;
}

const SERVICE: Actor = { who: 'service', keyName: null, via: 'service', address: null };

export const currentActor = (): Actor => storage.getStore()?.actor ?? SERVICE;

const REQUEST_ID = /^[\w.:/+=@~-]{1,128}$/;
const TRACEPARENT = /^[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The request id and trace context in a request's headers; `ownId` if they contain no usable id. */
export const requestOf = (headers: Readonly<Record<string, unknown>>, ownId: string): CurrentRequest => ({
  requestId: readable(headers['x-request-id'], REQUEST_ID) ?? ownId,
  traceparent: readable(headers.traceparent, TRACEPARENT),
  actor: null,
});

const readable = (value: unknown, pattern: RegExp): string | null => (typeof value === 'string' && pattern.test(value) ? value : null);

/** The id of the trace that the current request belongs to (W3C Trace Context). */
export const traceIdOf = ({ traceparent }: CurrentRequest): string | null => traceparent?.split('-')[1] ?? null;
