import type { Context } from '../context.ts';
import type { AccessObserver } from '../domain/access/access-observer.ts';
import type { CredentialTrials } from '../domain/access/credential-trials.ts';
import type { PlatformApi } from '../platforms/contract/api.ts';
import type { Connection } from '../platforms/contract/platform.ts';
import { forgetOpenCircuit, isCircuitOpen, noteOpenCircuit } from '../store/access/open-circuits.ts';
import { releaseDeliveries } from '../store/deliveries/release.ts';
import { releaseDocuments } from '../store/documents/release.ts';

/** An outage that lasts longer opens an alert; shorter ones resolve themselves. */
const UNREACHABLE_AFTER_MS = 2 * 60_000;
const LOOK_MS = 15_000;
/** A process's record of an open circuit expires after this time: the process has been stopped. */
const EXPIRY_MS = 4 * LOOK_MS;

/** What this process knows about the platforms' APIs: opens and closes alerts, and releases waiting work when an API can be called again. */
export interface PlatformAccess extends AccessObserver {
  /** Makes everything that waits for an API due: for one connection, or for all (at a start or a reload). */
  release(connection: string | null): Promise<void>;
  /** Opens an alert for each API that has been down for too long. */
  check(): void;
}

type Dependencies = Pick<
  Context,
  'db' | 'clock' | 'log' | 'alerts' | 'connections' | 'api' | 'deliveryArrived' | 'feedChanged' | 'processId'
>;

/**
 * The dependencies of the functions below. The context is complete only after the remotes that report to this have been created: hence a function.
 */
interface AccessState {
  context(): Dependencies;
  trials: Pick<CredentialTrials, 'liftPauses'>;
  /** By connection: since when its circuit has been open in this process. */
  downSince: Map<string, Date>;
}

export function createPlatformAccess(context: () => Dependencies, trials: Pick<CredentialTrials, 'liftPauses'>): PlatformAccess {
  const state: AccessState = { context, trials, downSince: new Map() };
  return {
    release: (connection) => release(state, connection),
    check: () => checkOutages(state),
    circuitOpened: (connection, waitMs) => circuitOpened(state, connection, waitMs),
    circuitClosed: (connection) => circuitClosed(state, connection),
    credentialsRefused: (connection, message, pauseMs) => credentialsRefused(context(), connection, message, pauseMs),
    credentialsAccepted: (connection) => credentialsAccepted(state, connection),
  };
}

function circuitOpened(state: AccessState, connection: string, waitMs: number): void {
  const { clock, log } = state.context();
  setTimeout(() => void probe(state.context(), connection), waitMs).unref();
  if (state.downSince.has(connection)) return;
  state.downSince.set(connection, clock.now());
  log.warn('circuit_opened', { connection });
  recordOpenCircuit(state, connection);
}

function circuitClosed(state: AccessState, connection: string): void {
  const { clock, log, alerts } = state.context();
  const since = state.downSince.get(connection) ?? clock.now();
  const lastedMs = clock.now().getTime() - since.getTime();
  state.downSince.delete(connection);
  log.info('circuit_closed', { connection, lastedMs });
  recordClosedCircuit(state, connection);
  alerts.close('platform_unreachable', connection, `The API of ${connection} answers again, after ${inWords(lastedMs)}.`);
  releaseInBackground(state, connection);
}

function credentialsRefused({ log, alerts }: Dependencies, connection: string, message: string, pauseMs: number): void {
  log.error('credentials_refused', { connection, error: message, pauseMs });
  alerts.open({
    level: 'critical',
    code: 'platform_refuses_us',
    connection,
    text: `The API of ${connection} refuses our credentials (${message}). Calls to it are paused, and work that needs them waits. Correct the credentials under api and reload.`,
    details: { error: message },
  });
}

function credentialsAccepted(state: AccessState, connection: string): void {
  const { alerts } = state.context();
  alerts.close('platform_refuses_us', connection, `The API of ${connection} accepts our credentials.`);
  // Closes an alert left open by an earlier process; an outage seen by this one ends when its circuit closes.
  if (!state.downSince.has(connection)) alerts.close('platform_unreachable', connection, `The API of ${connection} answers again.`);
  releaseInBackground(state, connection);
}

function checkOutages(state: AccessState): void {
  const { clock, alerts } = state.context();
  for (const [connection, since] of state.downSince) {
    recordOpenCircuit(state, connection);
    const lastedMs = clock.now().getTime() - since.getTime();
    if (lastedMs < UNREACHABLE_AFTER_MS) continue;
    alerts.open({
      level: 'critical',
      code: 'platform_unreachable',
      connection,
      text: `The API of ${connection} has not answered since ${since.toISOString()}. Work that needs it waits; it is retried every 30 seconds.`,
      details: { since: since.toISOString() },
    });
  }
}

async function release({ context, trials }: AccessState, connection: string | null): Promise<void> {
  const { db, clock, deliveryArrived, feedChanged } = context();
  const now = clock.now().toISOString();
  if (connection === null) await trials.liftPauses();
  const count = await db.write(async (sql) => {
    return (await releaseDeliveries(sql, connection, now)) + (await releaseDocuments(sql, connection, now));
  });
  if (count === 0) return;
  deliveryArrived.notify();
  feedChanged.notify();
}

/**
 * Requests something other than what failed: one resource that always fails must not represent the whole platform. A response closes the circuit,
 * and the resource then uses up its own attempts; a failure opens it again. If an API has no lists, there is nothing else to request: then the
 * fetch of the next due delivery is the trial.
 */
async function probe({ connections, api: apiOf, clock, log }: Dependencies, name: string): Promise<void> {
  const connection = connections.get(name);
  const api = connection ? apiOf(connection) : null;
  const [stream] = api?.streams ?? [];
  if (!api || !stream || api.circuit() === 'closed') return;
  const start = { watermark: null, since: clock.now().toISOString(), page: null };
  await api
    .changesSince(stream.name, start)
    .catch((error: unknown) => log.debug('circuit_probe_failed', { connection: name, error: String(error) }));
}

const releaseInBackground = (state: AccessState, connection: string): void =>
  inBackground(state, 'release_failed', connection, () => release(state, connection));

const recordOpenCircuit = (state: AccessState, connection: string): void =>
  inBackground(state, 'circuit_not_recorded', connection, ({ db, clock, processId }) =>
    db.write((sql) => noteOpenCircuit(sql, connection, processId, clock.now().toISOString())),
  );

const recordClosedCircuit = (state: AccessState, connection: string): void =>
  inBackground(state, 'circuit_not_recorded', connection, ({ db, clock, processId }) =>
    db.write((sql) => forgetOpenCircuit(sql, connection, processId, expiredAt(clock.now()))),
  );

/** Not awaited: anything that could not be released becomes due by itself, and anything that could not be recorded is recorded at the next check. */
function inBackground(state: AccessState, failure: string, connection: string, work: (context: Dependencies) => Promise<void>): void {
  work(state.context()).catch((error: unknown) => state.context().log.warn(failure, { connection, error: String(error) }));
}

const expiredAt = (now: Date): string => new Date(now.getTime() - EXPIRY_MS).toISOString();

/** The state of the connection's circuit, in any process; null if there is no API. */
export async function circuitOf(context: Pick<Context, 'db' | 'clock' | 'api'>, connection: Connection): Promise<CircuitState | null> {
  const own = context.api(connection)?.circuit() ?? null;
  if (own !== 'closed') return own;
  return (await isCircuitOpen(context.db.read, connection.name, expiredAt(context.clock.now()))) ? 'open' : own;
}

type CircuitState = ReturnType<PlatformApi['circuit']>;

/** Checks periodically for APIs that are down, until stopped. */
export function watchPlatformAccess(access: Pick<PlatformAccess, 'check'>): { stop(): void } {
  const timer = setInterval(() => access.check(), LOOK_MS);
  return { stop: () => clearInterval(timer) };
}

function inWords(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  return minutes < 1 ? `${Math.round(ms / 1000)} s` : minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}
