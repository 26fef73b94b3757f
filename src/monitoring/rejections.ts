import type { Context } from '../context.ts';
import type { Connection } from '../platforms/contract/platform.ts';
import type { RejectionRow } from '../store/monitoring/responses.ts';

const MINUTE_MS = 60_000;

/** Requests without any credentials: counted, and one log line a minute for each connection, and one for all that name none (null). */
export function createAnonymousRequestLog({ clock, log }: Pick<Context, 'clock' | 'log'>) {
  const counts = new Map<string | null, number>();
  const loggedAtMs = new Map<string | null, number>();
  return {
    /** Whether there is something that has not been logged yet. */
    isWaiting: () => counts.size > 0,
    count: (connection: string | null) => void counts.set(connection, (counts.get(connection) ?? 0) + 1),
    report(): void {
      const nowMs = clock.now().getTime();
      for (const [connection, count] of counts) {
        if (nowMs - (loggedAtMs.get(connection) ?? 0) < MINUTE_MS) continue;
        loggedAtMs.set(connection, nowMs);
        counts.delete(connection);
        log.warn('webhooks_without_credentials', { connection, count });
      }
    },
  };
}

function textOf({ connection, status, reason }: RejectionRow, configured: Connection | undefined): string {
  const [what, cause] =
    status === 401
      ? ['webhooks with wrong credentials are being rejected', 'its secret differs from the one configured here']
      : [`webhooks are answered ${status} before their credentials are checked`, 'it has to be corrected there, or here'];
  const rule = configured === undefined ? '' : ` It may also give up on us: ${configured.platform.retryPolicy.rule}`;
  return `${connection}: ${what} (${reason}). If the platform sends them, ${cause}.${rule}`;
}

/** Alerts about requests with wrong credentials: guessing, or a secret that no longer matches the platform's. The scheduled check closes it. */
export function alertOnRejections(
  { alerts, connections }: Pick<Context, 'alerts' | 'connections'>,
  rejections: readonly RejectionRow[],
): void {
  for (const rejection of rejections) {
    const { connection, reason, credential, address } = rejection;
    if (credential === null) continue;
    // Once for each: the alert counts them.
    const text = textOf(rejection, connections.get(connection));
    alerts.open({ level: 'warning', code: 'webhooks_rejected', connection, text, details: { reason, credential, address } });
  }
}
