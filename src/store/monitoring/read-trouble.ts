import type { Sql } from '../engine/database.ts';
import { numberOf } from '../engine/rows.ts';
import { inScope, where } from '../engine/where.ts';

/** What needs attention on a connection: counts, 0 if all is well. */
export interface Problems {
  dead: number;
  missingDocuments: number;
  gaps: number;
}

const PROBLEMS = ['dead', 'missingDocuments', 'gaps'] as const;

const STATEMENTS: Readonly<Record<keyof Problems, string>> = {
  dead: `select connection, count(*) as count from deliveries where state = 'dead' and received_at >= ?`,
  missingDocuments: `select connection, count(*) as count from documents where state not in ('stored', 'empty') and superseded_by is null and removed_at is null and announced_at >= ?`,
  gaps: 'select connection, count(*) as count from gaps where at >= ?',
};

/** By connection: dead deliveries and documents without content, of any age, and gaps found since `gapsSince`. */
export async function readProblems(sql: Sql, gapsSince: string): Promise<Map<string, Problems>> {
  const found = new Map<string, Problems>();
  for (const name of PROBLEMS) {
    const seen = where(inScope(sql, 'connection'));
    const statement = `${STATEMENTS[name]} and ${seen.text} group by connection`;
    const rows = await sql.all<{ connection: string; count: number | string }>(statement, [
      name === 'gaps' ? gapsSince : '',
      ...seen.bindings,
    ]);
    for (const row of rows) {
      const trouble = found.get(row.connection) ?? { dead: 0, missingDocuments: 0, gaps: 0 };
      trouble[name] = numberOf(row.count);
      found.set(row.connection, trouble);
    }
  }
  return found;
}
