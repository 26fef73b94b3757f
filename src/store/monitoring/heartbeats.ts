import type { Sql } from '../engine/database.ts';
import { booleanOf } from '../engine/rows.ts';

/** A heartbeat of a process. `receives`: it answers webhooks. */
export async function recordHeartbeat(sql: Sql, process: string, receives: boolean, at: string): Promise<void> {
  await sql.all(
    `insert into uptime (process, receives, started_at, last_seen_at) values (?, ?, ?, ?)
     on conflict (process) do update set last_seen_at = excluded.last_seen_at, stopped_at = null`,
    [process, receives, at, at],
  );
}

export async function recordStop(sql: Sql, process: string, at: string): Promise<void> {
  await sql.all('update uptime set last_seen_at = ?, stopped_at = ? where process = ?', [at, at, process]);
}

/** A period in which a process answered webhooks. */
export interface ActivePeriod {
  process: string;
  from: string;
  to: string;
  stopped: boolean;
}

/** The periods in which webhooks were answered, as far as they reach beyond `since`, and the last one before it. Oldest first. */
export async function readActivePeriods(sql: Sql, since: string): Promise<ActivePeriod[]> {
  const rows = await sql.all<{ process: string; receives: unknown; started_at: string; last_seen_at: string; stopped_at: string | null }>(
    `select process, receives, started_at, last_seen_at, stopped_at from uptime
     where last_seen_at >= coalesce((select max(last_seen_at) from uptime where last_seen_at < ?), '') order by started_at`,
    [since],
  );
  return rows
    .filter((row) => booleanOf(row.receives))
    .map((row) => ({ process: row.process, from: row.started_at, to: row.last_seen_at, stopped: row.stopped_at !== null }));
}

/** Deletes those that ended before `before` and returns their number. The newest is never deleted. */
export async function deleteHeartbeats(sql: Sql, before: string): Promise<number> {
  const gone = await sql.all(
    'delete from uptime where last_seen_at < ? and last_seen_at < (select max(last_seen_at) from uptime) returning process',
    [before],
  );
  return gone.length;
}
