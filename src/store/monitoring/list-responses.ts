import type { Sql } from '../engine/database.ts';
import { numberOf } from '../engine/rows.ts';

/** Answers given to a connection's webhooks within one hour (`2026-03-01T08`). */
export interface HourOfResponses {
  hour: string;
  status: number;
  count: number;
}

/** Answers since `since`, by hour and status, oldest first. */
export async function listResponsesByHour(sql: Sql, connection: string, since: string): Promise<HourOfResponses[]> {
  const rows = await sql.all<{ hour: string; status: number | string; count: number | string }>(
    `select substr(minute, 1, 13) as hour, status, sum(count) as count from answers where connection = ? and minute >= ?
     group by substr(minute, 1, 13), status order by 1, 2`,
    [connection, since],
  );
  return rows.map((row) => ({ hour: row.hour, status: numberOf(row.status), count: numberOf(row.count) }));
}
