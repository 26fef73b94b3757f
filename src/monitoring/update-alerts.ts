import type { Context } from '../context.ts';
import { type Alert, deadDeliveriesAlert, failedDocumentsAlert } from '../domain/alert.ts';
import { FUTURE_TIME, UNREADABLE_TIME } from '../domain/values/time.ts';
import { readLastDrift } from '../store/drift/read-last.ts';
import type { Sql } from '../store/engine/database.ts';
import { readOpenAlerts } from '../store/monitoring/alerts.ts';
import { readDeadDeliveries, readFailedDocuments } from '../store/monitoring/read-failures.ts';

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

const QUIET_MS = 24 * 3_600_000;

/** Closes alerts about reported times when none has occurred for a day. */
export async function closeTimeAlerts(context: Context): Promise<void> {
  const since = new Date(context.clock.now().getTime() - QUIET_MS).toISOString();
  for (const { code, connection } of await readOpenAlerts(context.db.read)) {
    if (connection === null || (code !== UNREADABLE_TIME && code !== FUTURE_TIME)) continue;
    const last = await readLastDrift(context.db.read, connection, code);
    if (last !== null && last >= since) continue;
    if (code === UNREADABLE_TIME)
      context.alerts.close('unreadable_time', connection, `${connection}: all times reported in the last day were readable.`);
    else context.alerts.close('future_time', connection, `${connection}: no time reported in the last day was in the future.`);
  }
}
