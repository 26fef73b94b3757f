import type { Sql } from '../engine/database.ts';
import { numberOf } from '../engine/rows.ts';
import { equals, inScope, where } from '../engine/where.ts';

/** Answers given to a connection's webhooks within one hour (`2026-03-01T08`). */
export interface HourOfResponses {
  hour: string;
  status: number;
  count: number;
}

/** Answers since `since`, by hour and status, oldest first; `connection` null: of all connections. */
export async function listResponsesByHour(sql: Sql, connection: string | null, since: string): Promise<HourOfResponses[]> {
  const condition = where(equals('connection', connection), inScope(sql, 'connection'), ['minute >= ?', since]);
  const rows = await sql.all<{ hour: string; status: number | string; count: number | string }>(
    `select substr(minute, 1, 13) as hour, status, sum(count) as count from answers where ${condition.text}
     group by substr(minute, 1, 13), status order by 1, 2`,
    condition.bindings,
  );
  return rows.map((row) => ({ hour: row.hour, status: numberOf(row.status), count: numberOf(row.count) }));
}

/** Whether a request with wrong credentials was rejected since `since`. */
export async function hasRejectedCredentials(sql: Sql, connection: string, since: string): Promise<boolean> {
  const rows = await sql.all('select 1 as found from refusals where connection = ? and at >= ? and credential is not null limit 1', [
    connection,
    since,
  ]);
  return rows.length === 1;
}

/** A webhook request that was rejected before its credentials were accepted: only a description of it is stored. */
export interface RejectedRequest {
  seq: number;
  at: string;
  address: string | null;
  status: number;
  code: string;
  reason: string | null;
  credential: string | null;
}

/** Requests of a connection that were refused before their credentials were accepted, newest first, before `page.before`. */
export async function listRejections(
  sql: Sql,
  connection: string,
  page: { before: number | null; limit: number },
): Promise<RejectedRequest[]> {
  const before = page.before === null ? '' : 'and seq < ?';
  const rows = await sql.all<Omit<RejectedRequest, 'seq'> & { seq: number | string }>(
    `select seq, at, address, status, code, reason, credential from refusals
     where connection = ? and (status in (401, 403) or reason is not null) ${before} order by seq desc limit ?`,
    [connection, ...(page.before === null ? [] : [page.before]), page.limit],
  );
  return rows.map((row) => ({ ...row, seq: numberOf(row.seq), status: numberOf(row.status) }));
}
