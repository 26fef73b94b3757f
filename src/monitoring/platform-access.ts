import type { Context } from '../context.ts';
import type { AccessObserver } from '../domain/access-observer.ts';
import type { PlatformApi } from '../platforms/contract/api.ts';
import type { Connection } from '../platforms/contract/platform.ts';
import { forgetOpenCircuit, isCircuitOpen, noteOpenCircuit } from '../store/access/open-circuits.ts';
import { releaseDeliveries } from '../store/deliveries/release.ts';
import { releaseDocuments } from '../store/documents/release.ts';

/** A platform that is down for longer is an alert; a shorter outage heals by itself. */
const UNREACHABLE_AFTER_MS = 2 * 60_000;
const LOOK_MS = 15_000;
/** What a process has not repeated for as long is not true any more: it has been stopped. */
const EXPIRY_MS = 4 * LOOK_MS;

/** What this process knows of the platforms' APIs: raises and ends alerts, and lets what waits go on when an API can be called again. */
export interface PlatformAccess extends AccessObserver {
  /** Everything that waits for an API becomes due: of one connection, or of all (a start, a reload). */
  release(connection: string | null): Promise<void>;
  /** Raises the alert of those that have been down for too long. */
  check(): void;
}

type Ports = Pick<Context, 'db' | 'clock' | 'log' | 'alerts' | 'deliveryArrived' | 'feedChanged' | 'processId'>;

export function createPlatformAccess(ports: () => Ports): PlatformAccess {
  const downSince = new Map<string, Date>();

  async function release(connection: string | null): Promise<void> {
    const { db, clock, deliveryArrived, feedChanged } = ports();
    const now = clock.now().toISOString();
    const count = await db.write(async (sql) => {
      return (await releaseDeliveries(sql, connection, now)) + (await releaseDocuments(sql, connection, now));
    });
    if (count === 0) return;
    deliveryArrived.notify();
    feedChanged.notify();
  }
  // Nobody waits for it: what could not be released becomes due by itself, and what could not be noted is noted with the next look.
  function soon(failure: string, connection: string, work: () => Promise<void>): void {
    work().catch((error: unknown) => ports().log.warn(failure, { connection, error: String(error) }));
  }
  const releaseSoon = (connection: string) => soon('release_failed', connection, () => release(connection));
  const note = (connection: string) =>
    soon('circuit_not_noted', connection, () => {
      const { db, clock, processId } = ports();
      return db.write((sql) => noteOpenCircuit(sql, connection, processId, clock.now().toISOString()));
    });
  function forget(connection: string): Promise<void> {
    const { db, clock, processId } = ports();
    return db.write((sql) => forgetOpenCircuit(sql, connection, processId, expiredAt(clock.now())));
  }
  return {
    release,
    circuitOpened(connection) {
      const { clock, log } = ports();
      if (downSince.has(connection)) return;
      downSince.set(connection, clock.now());
      log.warn('circuit_opened', { connection });
      note(connection);
    },
    circuitClosed(connection) {
      const { clock, log, alerts } = ports();
      const since = downSince.get(connection) ?? clock.now();
      const lastedMs = clock.now().getTime() - since.getTime();
      downSince.delete(connection);
      log.info('circuit_closed', { connection, lastedMs });
      soon('circuit_not_noted', connection, () => forget(connection));
      alerts.close('platform_unreachable', connection, `The API of ${connection} answers again, after ${inWords(lastedMs)}.`);
      releaseSoon(connection);
    },
    credentialsRefused(connection, message, pauseMs) {
      const { log, alerts } = ports();
      log.error('credentials_refused', { connection, error: message, pauseMs });
      alerts.open({
        level: 'critical',
        code: 'platform_refuses_us',
        connection,
        text: `The API of ${connection} refuses our credentials (${message}). Its calls are paused; what needs them waits. Correct the credentials of its api and reload.`,
        details: { error: message },
      });
    },
    credentialsAccepted(connection) {
      const { alerts } = ports();
      alerts.close('platform_refuses_us', connection, `The API of ${connection} accepts our credentials.`);
      // One that an earlier process has left open; an outage in this one ends with its circuit.
      if (!downSince.has(connection)) alerts.close('platform_unreachable', connection, `The API of ${connection} answers again.`);
      releaseSoon(connection);
    },
    check() {
      const { clock, alerts } = ports();
      for (const [connection, since] of downSince) {
        note(connection);
        const lastedMs = clock.now().getTime() - since.getTime();
        if (lastedMs < UNREACHABLE_AFTER_MS) continue;
        alerts.open({
          level: 'critical',
          code: 'platform_unreachable',
          connection,
          text: `The API of ${connection} has not answered since ${since.toISOString()}. What needs it waits; it is tried every 30 seconds.`,
          details: { since: since.toISOString() },
        });
      }
    },
  };
}

const expiredAt = (now: Date): string => new Date(now.getTime() - EXPIRY_MS).toISOString();

/** The circuit that fetches of the connection run through, in whichever process; null where there is no API. */
export async function circuitOf(context: Pick<Context, 'db' | 'clock' | 'api'>, connection: Connection): Promise<CircuitState | null> {
  const own = context.api(connection)?.circuit() ?? null;
  if (own !== 'closed') return own;
  return (await isCircuitOpen(context.db.read, connection.name, expiredAt(context.clock.now()))) ? 'open' : own;
}

type CircuitState = ReturnType<PlatformApi['circuit']>;

/** Looks for APIs that are down, until stopped. */
export function watchPlatformAccess(access: Pick<PlatformAccess, 'check'>): { stop(): void } {
  const timer = setInterval(() => access.check(), LOOK_MS);
  return { stop: () => clearInterval(timer) };
}

function inWords(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  return minutes < 1 ? `${Math.round(ms / 1000)} s` : minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}
