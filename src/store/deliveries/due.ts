import type { Sql } from '../engine/database.ts';
import { numberOf } from '../engine/rows.ts';
import { isText, where } from '../engine/where.ts';

export async function countBacklog(sql: Sql): Promise<number> {
  const [row] = await sql.all<{ count: number | string }>(`select count(*) as count from deliveries where state = 'pending'`);
  return numberOf(row?.count);
}

/** Connections with notifications that are due: a query that costs nothing while there are none. */
export async function connectionsToFetch(sql: Sql, now: string): Promise<Set<string>> {
  const rows = await sql.all<{ connection: string }>(
    `select distinct connection from deliveries where state = 'pending' and notification and next_attempt_at <= ?`,
    [now],
  );
  return new Set(rows.map((row) => row.connection));
}

/** When the next pending delivery of any kind is due; null: none is pending. Deliveries that wait for an earlier one of their resource count too. */
export async function readNextDueAt(sql: Sql, after: string): Promise<string | null> {
  const [row] = await sql.all<{ at: string | null }>(
    `select min(at) as at from (
       select min(next_attempt_at) as at from deliveries where state = 'pending' and not notification and next_attempt_at > ?
       union all select min(next_attempt_at) as at from deliveries where state = 'pending' and notification and next_attempt_at > ?) as due`,
    [after, after],
  );
  return row?.at ?? null;
}

/** The event types of the pending deliveries of a resource after position `seq`. */
export async function waitingEventTypes(sql: Sql, connection: string, subject: string, seq: number): Promise<string[]> {
  const condition = where(isText(sql, 'subject', subject), ['connection = ?', connection], ['seq > ?', seq]);
  const rows = await sql.all<{ event_type: string }>(
    `select event_type from deliveries where ${condition.text} and state in ('pending', 'working') and event_type is not null`,
    condition.bindings,
  );
  return rows.map((row) => row.event_type);
}
