import type { Sql } from '../database.ts';
import { numberOf } from '../rows.ts';

/** A state that somebody should look at, or should have. `closedAt` null: it lasts. */
export interface AlertRow {
  key: string;
  code: string;
  level: string;
  connection: string | null;
  text: string;
  openedAt: string;
  lastSentAt: string | null;
  closedAt: string | null;
  count: number;
}

interface Row {
  key: string;
  code: string;
  level: string;
  connection: string | null;
  text: string;
  opened_at: string;
  last_sent_at: string | null;
  closed_at: string | null;
  count: number | string;
}

/** Those that last first, then those that ended, newest first. */
export async function listAlerts(sql: Sql, asked: { lasting: boolean; limit: number }): Promise<AlertRow[]> {
  const rows = await sql.all<Row>(
    `select key, code, level, connection, text, opened_at, last_sent_at, closed_at, count from alerts
     where ${asked.lasting ? 'closed_at is null' : '1 = 1'}
     order by case when closed_at is null then 0 else 1 end, opened_at desc, key limit ?`,
    [asked.limit],
  );
  return rows.map((row) => ({
    key: row.key,
    code: row.code,
    level: row.level,
    connection: row.connection,
    text: row.text,
    openedAt: row.opened_at,
    lastSentAt: row.last_sent_at,
    closedAt: row.closed_at,
    count: numberOf(row.count),
  }));
}
