import type { Context } from '../context.ts';
import { type Alert, deadDeliveriesAlert, failedDocumentsAlert } from '../domain/alert.ts';
import { FUTURE_TIME, UNREADABLE_TIME } from '../domain/values/time.ts';
import { readLastDrift } from '../store/drift/read-last.ts';
import type { Sql } from '../store/engine/database.ts';
import { readOpenAlerts } from '../store/monitoring/alerts.ts';
import { hasRejectedCredentials } from '../store/monitoring/list-responses.ts';
import { readDeadDeliveries, readFailedDocuments } from '../store/monitoring/read-failures.ts';
import { readResponses } from '../store/monitoring/responses.ts';

interface FailureAlert {
  /** The alerts of the connections (null: of all) that have failures, as they are now. */
  read(sql: Sql, connection: string | null): Promise<Alert[]>;
  /** The closing message. */
  ended(connection: string): string;
}

/** The alerts that describe stored facts, which change without an event of their own: by a replay, a dismissal, a newer document, retention. */
const FAILURE_ALERTS: Readonly<Record<string, FailureAlert>> = {
  delivery_dead: {
    read: async (sql, connection) => (await readDeadDeliveries(sql, connection)).map(deadDeliveriesAlert),
    ended: (connection) => `${connection}: no dead deliveries are left.`,
  },
  document_failed: {
    read: async (sql, connection) => (await readFailedDocuments(sql, connection)).map(failedDocumentsAlert),
    ended: (connection) => `${connection}: no failed documents are left.`,
  },
};

/** An alert with its currently stored facts; null if it describes none, or there are none any more. */
export async function readFacts(sql: Sql, { code, connection }: Pick<Alert, 'code' | 'connection'>): Promise<Alert | null> {
  const kind = FAILURE_ALERTS[code];
  if (!kind || connection === null) return null;
  const [alert] = await kind.read(sql, connection);
  return alert ?? null;
}

/** Describes every open alert by what is stored now, closes those without any facts, and opens those that are missing. */
export async function updateFailureAlerts(context: Pick<Context, 'db' | 'alerts'>): Promise<void> {
  for (const [code, kind] of Object.entries(FAILURE_ALERTS)) {
    const lasting = await readOpenAlerts(context.db.read, code);
    const current = await kind.read(context.db.read, null);
    for (const alert of current) {
      const open = lasting.find(({ connection }) => connection === alert.connection);
      if (!open) context.alerts.open(alert);
      else if (!isDescribedBy(open, alert)) context.alerts.update(alert);
    }
    for (const { connection } of lasting) {
      if (connection !== null && !current.some((alert) => alert.connection === connection))
        context.alerts.close(code, connection, kind.ended(connection));
    }
  }
}

const isDescribedBy = (open: Alert, { text, details }: Alert): boolean =>
  open.text === text && JSON.stringify(open.details) === JSON.stringify(details);

const HOUR_MS = 3_600_000;

/** An alert about single events: it closes when none has occurred for a while. */
interface EventAlert {
  quietMs: number;
  occurredSince(sql: Sql, connection: string, since: string): Promise<boolean>;
  ended(connection: string): string;
}

const driftSince =
  (name: string): EventAlert['occurredSince'] =>
  async (sql, connection, since) =>
    ((await readLastDrift(sql, connection, name)) ?? '') >= since;

const EVENT_ALERTS: Readonly<Record<string, EventAlert>> = {
  [UNREADABLE_TIME]: {
    quietMs: 24 * HOUR_MS,
    occurredSince: driftSince(UNREADABLE_TIME),
    ended: (connection) => `${connection}: all times reported in the last day were readable.`,
  },
  [FUTURE_TIME]: {
    quietMs: 24 * HOUR_MS,
    occurredSince: driftSince(FUTURE_TIME),
    ended: (connection) => `${connection}: no time reported in the last day was in the future.`,
  },
  webhooks_rejected: {
    quietMs: HOUR_MS,
    occurredSince: hasRejectedCredentials,
    ended: (connection) => `${connection}: no webhook with wrong credentials has arrived for an hour.`,
  },
  body_too_large: {
    quietMs: 24 * HOUR_MS,
    occurredSince: async (sql, connection, since) => (await readResponses(sql, connection, since))['413'] !== undefined,
    ended: (connection) => `${connection}: no body that is too large has arrived for a day.`,
  },
};

/** Closes alerts about single events when none has occurred for a while, in any process. */
export async function closeQuietAlerts(context: Pick<Context, 'db' | 'clock' | 'alerts'>): Promise<void> {
  for (const { code, connection } of await readOpenAlerts(context.db.read)) {
    const kind = EVENT_ALERTS[code];
    if (!kind || connection === null) continue;
    const since = new Date(context.clock.now().getTime() - kind.quietMs).toISOString();
    if (!(await kind.occurredSince(context.db.read, connection, since))) context.alerts.close(code, connection, kind.ended(connection));
  }
}

/** Alerts about a platform's API and what is read from it. */
const API_ALERTS: ReadonlySet<string> = new Set([
  ...['platform_refuses_us', 'platform_unreachable', 'reconcile_failed', 'gaps_found', 'webhook_disabled'],
]);

/** Closes alerts about what is no longer configured: nothing would ever report that they have ended. */
export async function closeUnconfiguredAlerts(context: Pick<Context, 'db' | 'alerts' | 'connections' | 'api'>): Promise<void> {
  for (const { code, connection } of await readOpenAlerts(context.db.read)) {
    if (connection === null || code in FAILURE_ALERTS) continue;
    const configured = context.connections.get(connection);
    if (!configured) context.alerts.close(code, connection, `${connection} is no longer configured.`);
    else if (API_ALERTS.has(code) && context.api(configured) === null)
      context.alerts.close(code, connection, `${connection} has no API configured any more.`);
  }
}
