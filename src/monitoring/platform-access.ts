import type { Context } from '../context.ts';
import type { AccessObserver } from '../domain/access-observer.ts';
import { releaseDeliveries } from '../store/deliveries/release.ts';
import { releaseDocuments } from '../store/documents/release.ts';

/** A platform that is down for longer is an alert; a shorter outage heals by itself. */
const UNREACHABLE_AFTER_MS = 2 * 60_000;
const LOOK_MS = 15_000;

/** What this process knows of the platforms' APIs: raises and ends alerts, and lets what waits go on when an API can be called again. */
export interface PlatformAccess extends AccessObserver {
  /** Everything that waits for an API becomes due: of one connection, or of all (a start, a reload). */
  release(connection: string | null): Promise<void>;
  /** Raises the alert of those that have been down for too long. */
  check(): void;
}

type Ports = Pick<Context, 'db' | 'clock' | 'log' | 'alerts' | 'deliveryArrived' | 'feedChanged'>;

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
  // Nobody waits for it: what could not be released becomes due by itself.
  function releaseSoon(connection: string): void {
    release(connection).catch((error: unknown) => ports().log.warn('release_failed', { connection, error: String(error) }));
  }
  return {
    release,
    circuitOpened(connection) {
      const { clock, log } = ports();
      if (downSince.has(connection)) return;
      downSince.set(connection, clock.now());
      log.warn('circuit_opened', { connection });
    },
    circuitClosed(connection) {
      const { clock, log, alerts } = ports();
      const since = downSince.get(connection) ?? clock.now();
      const lastedMs = clock.now().getTime() - since.getTime();
      downSince.delete(connection);
      log.info('circuit_closed', { connection, lastedMs });
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

/** Looks for APIs that are down, until stopped. */
export function watchPlatformAccess(access: Pick<PlatformAccess, 'check'>): { stop(): void } {
  const timer = setInterval(() => access.check(), LOOK_MS);
  return { stop: () => clearInterval(timer) };
}

function inWords(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  return minutes < 1 ? `${Math.round(ms / 1000)} s` : minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}
