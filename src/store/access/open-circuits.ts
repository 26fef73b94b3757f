import type { Sql } from '../engine/database.ts';

/** Records that the circuit of a connection is open in this process, as of `now`. */
export async function noteOpenCircuit(sql: Sql, connection: string, process: string, now: string): Promise<void> {
  await sql.all(
    `insert into open_circuits (connection, process, seen_at) values (?, ?, ?)
     on conflict (connection, process) do update set seen_at = excluded.seen_at`,
    [connection, process, now],
  );
}

/** Removes the record, and all that have not been renewed since `expired`. */
export async function forgetOpenCircuit(sql: Sql, connection: string, process: string, expired: string): Promise<void> {
  await sql.all('delete from open_circuits where (connection = ? and process = ?) or seen_at < ?', [connection, process, expired]);
}

/** Whether any process has found the circuit of the connection open since `since`. */
export async function isCircuitOpen(sql: Sql, connection: string, since: string): Promise<boolean> {
  const rows = await sql.all('select 1 as open from open_circuits where connection = ? and seen_at >= ? limit 1', [connection, since]);
  return rows.length > 0;
}
