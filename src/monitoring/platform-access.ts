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

export function createPlatformAccess(dependencies: () => Dependencies, trials: Pick<CredentialTrials, 'liftPauses'>): PlatformAccess {
  const downSince = new Map<string, Date>();

  async function release(connection: string | null): Promise<void> {
    const { db, clock, deliveryArrived, feedChanged } = dependencies();
    const now = clock.now().toISOString();
    if (connection === null) await trials.liftPauses();
    const count = await db.write(async (sql) => {
      return (await releaseDeliveries(sql, connection, now)) + (await releaseDocuments(sql, connection, now));
    });
    if (count === 0) return;
    deliveryArrived.notify();
    feedChanged.notify();
  }
  // Not awaited: what could not be released becomes due by itself, and what could not be recorded is recorded at the next check.
  function inBackground(failure: string, connection: string, work: () => Promise<void>): void {
    work().catch((error: unknown) => dependencies().log.warn(failure, { connection, error: String(error) }));
  }
  const releaseInBackground = (connection: string) => inBackground('release_failed', connection, () => release(connection));
  const record = (connection: string) =>
    inBackground('circuit_not_recorded', connection, () => {
      const { db, clock, processId } = dependencies();
      return db.write((sql) => noteOpenCircuit(sql, connection, processId, clock.now().toISOString()));
    });
  function forget(connection: string): Promise<void> {
    const { db, clock, processId } = dependencies();
    return db.write((sql) => forgetOpenCircuit(sql, connection, processId, expiredAt(clock.now())));
  }
  /**
   * Asks the API for something else than what failed: one resource that always fails must not stand for the platform. An answer closes the
   * circuit, and the resource then spends its own attempts; a failure opens it again. An API without lists has nothing else to ask for.
   */
  async function probe(name: string): Promise<void> {
    const { connections, api: apiOf, clock, log } = dependencies();
    const connection = connections.get(name);
    const api = connection ? apiOf(connection) : null;
    const [stream] = api?.streams ?? [];
    if (!api || !stream || api.circuit() === 'closed') return;
    const start = { watermark: null, since: clock.now().toISOString(), page: null };
    await api
      .changesSince(stream.name, start)
      .catch((error: unknown) => log.debug('circuit_probe_failed', { connection: name, error: String(error) }));
  }
  return {
    release,
    circuitOpened(connection, waitMs) {
      const { clock, log } = dependencies();
      setTimeout(() => void probe(connection), waitMs).unref();
      if (downSince.has(connection)) return;
      downSince.set(connection, clock.now());
      log.warn('circuit_opened', { connection });
      record(connection);
    },
    circuitClosed(connection) {
      const { clock, log, alerts } = dependencies();
      const since = downSince.get(connection) ?? clock.now();
      const lastedMs = clock.now().getTime() - since.getTime();
      downSince.delete(connection);
      log.info('circuit_closed', { connection, lastedMs });
      inBackground('circuit_not_recorded', connection, () => forget(connection));
      alerts.close('platform_unreachable', connection, `The API of ${connection} answers again, after ${inWords(lastedMs)}.`);
      releaseInBackground(connection);
    },
    credentialsRefused(connection, message, pauseMs) {
      const { log, alerts } = dependencies();
      log.error('credentials_refused', { connection, error: message, pauseMs });
      alerts.open({
        level: 'critical',
        code: 'platform_refuses_us',
        connection,
        text: `The API of ${connection} refuses our credentials (${message}). Calls to it are paused, and work that needs them waits. Correct the credentials under api and reload.`,
        details: { error: message },
      });
    },
    credentialsAccepted(connection) {
      const { alerts } = dependencies();
      alerts.close('platform_refuses_us', connection, `The API of ${connection} accepts our credentials.`);
      // Closes an alert left open by an earlier process; an outage seen by this one ends when its circuit closes.
      if (!downSince.has(connection)) alerts.close('platform_unreachable', connection, `The API of ${connection} answers again.`);
      releaseInBackground(connection);
    },
    check() {
      const { clock, alerts } = dependencies();
      for (const [connection, since] of downSince) {
        record(connection);
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
    },
  };
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
