import type { Sql } from '../engine/database.ts';
import { numberOf } from '../engine/rows.ts';

/** What of a connection needs somebody: counts, 0 where all is well. */
export interface Problems {
  dead: number;
  notHeld: number;
  gaps: number;
}

const STATEMENTS: Readonly<Record<keyof Problems, string>> = {
  dead: `select connection, count(*) as count from deliveries where state = 'dead' and received_at >= ? group by connection`,
  notHeld: `select connection, count(*) as count from documents where state not in ('stored', 'empty') and announced_at >= ? group by connection`,
  gaps: 'select connection, count(*) as count from gaps where at >= ? group by connection',
};

/** By connection: dead deliveries and documents not held, however old, and gaps found since `gapsSince`. */
export async function readProblems(sql: Sql, gapsSince: string): Promise<Map<string, Problems>> {
  const found = new Map<string, Problems>();
  for (const name of Object.keys(STATEMENTS) as (keyof Problems)[]) {
    const rows = await sql.all<{ connection: string; count: number | string }>(STATEMENTS[name], [name === 'gaps' ? gapsSince : '']);
    for (const row of rows) {
      const trouble = found.get(row.connection) ?? { dead: 0, notHeld: 0, gaps: 0 };
      trouble[name] = numberOf(row.count);
      found.set(row.connection, trouble);
    }
  }
  return found;
}
