import type { Sql } from '../engine/database.ts';

/**
 * Makes deliveries due that wait for a platform's API, which could not be called or refused our credentials. `connection` null: of all. Returns
 * their number.
 */
export async function releaseDeliveries(sql: Sql, connection: string | null, now: string): Promise<number> {
  const rows = await sql.all(
    `update deliveries set next_attempt_at = ? where state = 'pending' and next_attempt_at > ? ${connection === null ? '' : 'and connection = ?'}
       and (error like 'circuit_open:%' or error like 'platform_refuses_us:%') returning id`,
    [now, now, ...(connection === null ? [] : [connection])],
  );
  return rows.length;
}
