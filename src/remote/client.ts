import type { AccessObserver } from '../domain/access/access-observer.ts';
import type { CredentialTrials } from '../domain/access/credential-trials.ts';
import type { Random } from '../domain/clock.ts';
import { PermanentFailure, RemoteFailure } from '../domain/errors.ts';
import type { Log } from '../domain/log.ts';
import { type AccessGate, createAccessGate } from './access-gate.ts';
import { type Authorization, createAuthorization } from './authorization.ts';
import { type Circuit, createCircuit } from './circuit.ts';
import { describeCall, failureOfResponse } from './failures.ts';
import { createMutex, createRateLimiter, type Priority, type RateLimiter } from './rate-limiter.ts';
import type { Budget, ClientOptions, Limits, RemoteCall, RemoteClient, RemoteResponse, RemoteStream } from './remote.ts';
import { openStream, sendRequest } from './send.ts';

export interface ClientDependencies {
  limits: Limits;
  now(): Date;
  random: Random;
  sleep(ms: number): Promise<void>;
  log: Log;
  observer: AccessObserver;
  trials: CredentialTrials;
}

const DEFAULT_MAX_WAIT_MS = 5000;

interface ClientState {
  connection: string;
  options: ClientOptions;
  dependencies: ClientDependencies;
  gate: AccessGate;
  circuit: Circuit;
  authorized: Authorization;
  limiters: Map<string, RateLimiter>;
  /** Budget name → milliseconds since 1970 until which a 429 from the remote blocks it, and the number of 429s in a row. `*` for calls without a budget. */
  paused: Map<string, { untilMs: number; inARow: number }>;
  singleFile: <T>(priority: Priority, work: () => Promise<T>) => Promise<T>;
}

/** A client for one connection's API: budgets, ordering, authorisation and circuit around plain requests. */
export function createClient(connection: string, options: ClientOptions, dependencies: ClientDependencies): RemoteClient {
  const circuit = createCircuit(connection, dependencies.random, observerOf(connection, options, dependencies).circuit);
  const state: ClientState = {
    ...{ connection, options, dependencies, circuit },
    gate: createGate(connection, options, dependencies),
    authorized: createAuthorization(options.authorize),
    ...{ limiters: new Map(), paused: new Map(), singleFile: createMutex() },
  };
  return {
    call: (call) => inSequence(state, call, (headers) => exchange(state, call, headers)),
    open: (path, open) => openBody(state, path, open?.authorized ?? false),
    circuit: circuit.state,
  };
}

/** An API other than the one used for fetches has its own credentials, or may judge them differently. */
const createGate = (connection: string, options: ClientOptions, dependencies: ClientDependencies): AccessGate =>
  createAccessGate({
    connection,
    api: options.secondary ? `${connection} ${new URL(options.baseUrl).host}` : connection,
    trials: dependencies.trials,
    now: dependencies.now,
    wait: dependencies.sleep,
    ...observerOf(connection, options, dependencies).gate,
  });

/** What a client reports about its platform; an API other than the one used for fetches reports nothing. */
function observerOf(connection: string, { secondary }: ClientOptions, { observer }: ClientDependencies) {
  const unlessSecondary = <A extends unknown[]>(notify: (connection: string, ...rest: A) => void) =>
    secondary ? () => {} : (...rest: A) => notify(connection, ...rest);
  return {
    circuit: { onOpened: unlessSecondary(observer.circuitOpened), onClosed: unlessSecondary(observer.circuitClosed) },
    gate: { onRefused: unlessSecondary(observer.credentialsRefused), onAccepted: unlessSecondary(observer.credentialsAccepted) },
  };
}

type Turn = Pick<RemoteCall, 'budgets' | 'priority' | 'maxWaitMs'>;

// For a sequential API the turn comes before the budget: calls counted early could otherwise be sent in one burst.
async function inSequence<T>(state: ClientState, turn: Turn, send: (headers: Record<string, string>) => Promise<T>): Promise<T> {
  const priority = turn.priority ?? 'fetch';
  const refuseEarly = async () => {
    await state.gate.refuseWhilePaused();
    state.circuit.refuseWhileOpen();
  };
  const inLimits = async () => {
    await limiterFor(state, turn).pass(priority, turn.maxWaitMs ?? DEFAULT_MAX_WAIT_MS);
    await state.gate.refuseWhilePaused();
    return paced(state, turn, () => state.circuit.run(() => state.authorized(send, () => state.gate.refuseWhilePaused())));
  };
  const admitted = async () => {
    await refuseEarly();
    return state.gate.run(inLimits);
  };
  await refuseEarly();
  if (!state.options.sequential) return admitted();
  return state.singleFile(priority, async () => {
    await refuseEarly();
    return state.dependencies.limits.alone(`remote:${state.connection}`, admitted);
  });
}

const budgetsOf = (state: ClientState, turn: Turn): Budget[] =>
  state.options.budgets.filter((budget) => turn.budgets === undefined || turn.budgets.includes(budget.name));

const namesOf = (state: ClientState, turn: Turn): string[] => {
  const names = budgetsOf(state, turn).map((budget) => budget.name);
  return names.length > 0 ? names : ['*'];
};

function limiterFor(state: ClientState, turn: Turn): RateLimiter {
  const key = namesOf(state, turn).join(' ');
  const known = state.limiters.get(key);
  if (known) return known;
  const { limits, now, sleep } = state.dependencies;
  const budgets = budgetsOf(state, turn);
  const enter = async () => {
    const pausedMs = Math.max(...namesOf(state, turn).map((name) => (state.paused.get(name)?.untilMs ?? 0) - now().getTime()));
    if (pausedMs > 0) return pausedMs;
    return budgets.length === 0 ? 0 : limits.enter(state.connection, budgets, now());
  };
  const made = createRateLimiter({ enter, now, sleep });
  state.limiters.set(key, made);
  return made;
}

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;

/** After a 429 the budgets of the call pause for as long as the remote says, or else longer with each one in a row. */
async function paced<T>(state: ClientState, turn: Turn, send: () => Promise<T>): Promise<T> {
  const names = namesOf(state, turn);
  try {
    const result = await send();
    for (const name of names) state.paused.delete(name);
    return result;
  } catch (error) {
    if (!(error instanceof RemoteFailure) || error.status !== 429) throw error;
    const inARow = Math.max(...names.map((name) => state.paused.get(name)?.inARow ?? 0));
    const waitMs = error.retryAfterMs ?? Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** inARow);
    const untilMs = state.dependencies.now().getTime() + waitMs;
    for (const name of names) {
      state.paused.set(name, { untilMs: Math.max(untilMs, state.paused.get(name)?.untilMs ?? 0), inARow: inARow + 1 });
    }
    // Other processes must not call either. If that cannot be stored, this one waits all the same.
    await state.dependencies.limits.pause(state.connection, names, untilMs).catch(() => {});
    throw new RemoteFailure('remote_rate_limited', error.message, error.status, waitMs);
  }
}

async function exchange(state: ClientState, call: RemoteCall, authorization: Record<string, string>): Promise<RemoteResponse> {
  const { options, dependencies } = state;
  const url = addressOf(options.baseUrl, call);
  const startedMs = dependencies.now().getTime();
  const answer = await sendRequest({
    method: call.method,
    url,
    headers: { ...call.headers, ...authorization },
    body: call.body,
    timeoutMs: options.timeoutMs,
  });
  const what = describeCall(call.method, url);
  dependencies.log.debug('remote_call', {
    connection: state.connection,
    call: what,
    status: answer.status,
    tookMs: dependencies.now().getTime() - startedMs,
  });
  if (answer.status >= 200 && answer.status <= 299) return answer;
  if (options.refuses?.(call, answer)) throw new RemoteFailure('remote_unauthorized', `${what} answered ${answer.status}`, 401);
  throw failureOfResponse(what, answer.status, answer.headers, dependencies.now());
}

// URL parsers treat `%2e` as a dot (https://url.spec.whatwg.org/#double-dot-path-segment) and a backslash as a slash.
const DOT_SEGMENT = /(?:^|[\\/])(?:\.|%2e){1,2}(?=[\\/]|$)/i;

/**
 * The full address of a call. An absolute one must have the base's origin: credentials go nowhere else. A path with dot segments is refused,
 * since it would resolve to a different path.
 */
export function addressOf(baseUrl: string, call: Pick<RemoteCall, 'path' | 'query'>): string {
  const absolute = /^https?:\/\//i.test(call.path);
  if (DOT_SEGMENT.test(call.path.split(/[?#]/, 1)[0] ?? ''))
    throw new PermanentFailure('id_not_addressable', 'The address has a dot segment.');
  const url = new URL(absolute ? call.path : `${baseUrl.replace(/\/+$/, '')}/${call.path.replace(/^\/+/, '')}`);
  if (url.origin !== new URL(baseUrl).origin) {
    throw new RemoteFailure('remote_refused', `${url.origin} is not the API's own address`, 0);
  }
  for (const [name, value] of Object.entries(call.query ?? {})) {
    if (value !== null && value !== undefined) url.searchParams.set(name, String(value));
  }
  return url.href;
}

// Without authorisation it is another host's content (a presigned address), so neither our budgets nor the API's circuit apply.
async function openBody(state: ClientState, path: string, withAuthorization: boolean): Promise<RemoteStream> {
  const { options, dependencies } = state;
  const request = (url: string, headers: Record<string, string>) =>
    openChecked({ method: 'GET', url, headers: { Accept: '*/*', ...headers }, timeoutMs: options.timeoutMs }, dependencies.now);
  if (!withAuthorization) return request(/^https?:\/\//i.test(path) ? path : addressOf(options.baseUrl, { path }), {});
  const url = addressOf(options.baseUrl, { path });
  return inSequence(state, {}, (headers) => request(url, headers));
}

/** Returns a 2xx body as a stream; throws for any other response and discards its body. */
async function openChecked(request: Parameters<typeof openStream>[0], now: () => Date): Promise<RemoteStream> {
  const stream = await openStream(request);
  if (stream.status >= 200 && stream.status < 300) return stream;
  stream.content.destroy();
  throw failureOfResponse(describeCall(request.method, request.url), stream.status, stream.headers, now());
}
