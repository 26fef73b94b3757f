import type { Sql } from '../engine/database.ts';
import { type AlertRow, alertFromRow, type StoredAlert } from './alerts.ts';

export type { AlertRow } from './alerts.ts';

/** Those that last first, then those that ended, newest first. */
export async function listAlerts(sql: Sql, asked: { lasting: boolean; limit: number }): Promise<AlertRow[]> {
  const rows = await sql.all<StoredAlert>(
    `select key, code, level, connection, text, details, opened_at, last_sent_at, closed_at, count from alerts
     where ${asked.lasting ? 'closed_at is null' : '1 = 1'}
     order by case when closed_at is null then 0 else 1 end, opened_at desc, key limit ?`,
    [asked.limit],
  );
  return rows.map(alertFromRow);
}
