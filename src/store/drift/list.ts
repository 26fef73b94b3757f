import type { Sql } from '../engine/database.ts';
import { numberOf } from '../engine/rows.ts';
import { equals, inScope, where } from '../engine/where.ts';

/** An event type, field or value that our description of a platform does not contain. Only its place is stored, never its value. */
export interface DriftRow {
  connection: string;
  platform: string;
  kind: string;
  name: string;
  path: string;
  firstSeenAt: string;
  lastSeenAt: string;
  count: number;
  sampleId: string;
}

/** The columns that identify one drift: the order of the list, and its cursor. */
export type DriftKey = readonly [connection: string, kind: string, path: string, name: string];

interface Row {
  connection: string;
  platform: string;
  kind: string;
  name: string;
  path: string;
  first_seen_at: string;
  last_seen_at: string;
  count: number | string;
  sample_id: string;
}

export async function listDrift(
  sql: Sql,
  filter: { connection: string | null; kind: string | null },
  page: { after: DriftKey | null; limit: number },
): Promise<DriftRow[]> {
  const condition = where(
    inScope(sql, 'connection'),
    equals('connection', filter.connection),
    equals('kind', filter.kind),
    page.after === null ? null : ['(connection, kind, path, name) > (?, ?, ?, ?)', ...page.after],
  );
  const statement = `select connection, platform, kind, name, path, first_seen_at, last_seen_at, count, sample_id from drift
    where ${condition.text} order by connection, kind, path, name limit ?`;
  return (await sql.all<Row>(statement, [...condition.bindings, page.limit])).map((row) => ({
    connection: row.connection,
    platform: row.platform,
    kind: row.kind,
    name: row.name,
    path: row.path,
    firstSeenAt: row.first_seen_at,
    lastSeenAt: row.last_seen_at,
    count: numberOf(row.count),
    sampleId: row.sample_id,
  }));
}
