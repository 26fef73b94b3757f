import type { Sql } from '../engine/database.ts';

/** Makes documents due that wait for a platform's API. `connection` null: of all. Returns their number. */
export async function releaseDocuments(sql: Sql, connection: string | null, now: string): Promise<number> {
  const rows = await sql.all(
    `update documents set next_attempt_at = ? where state = 'announced' and next_attempt_at > ? ${connection === null ? '' : 'and connection = ?'}
       and (error like 'circuit_open:%' or error like 'platform_refuses_us:%') returning id`,
    [now, now, ...(connection === null ? [] : [connection])],
  );
  return rows.length;
}
