import type { Sql } from '../engine/database.ts';

/** When a value of this name was last seen on a connection, at any path; null: never. */
export async function readLastDrift(sql: Sql, connection: string, name: string): Promise<string | null> {
  const [row] = await sql.all<{ at: string | null }>(
    `select max(last_seen_at) as at from drift where connection = ? and kind = 'value' and name = ?`,
    [connection, name],
  );
  return row?.at ?? null;
}
