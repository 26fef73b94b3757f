import type { Sql } from '../engine/database.ts';
import { numberOf } from '../engine/rows.ts';
import { equals, inScope, unindexed, where } from '../engine/where.ts';

/** Failures of one connection with the same error text. */
export interface FailureRow {
  connection: string;
  state: 'pending' | 'dead';
  error: string;
  count: number;
  firstAt: string;
  lastAt: string;
  sampleId: string;
}

interface Row {
  connection: string;
  state: 'pending' | 'dead';
  error: string;
  count: number | string;
  first_at: string;
  last_at: string;
  sample_id: string;
}

/** Dead deliveries and those pending after a failure, by connection and error; the most frequent first, at most `limit`. */
export async function listFailures(sql: Sql, filter: { connection: string | null }, limit: number): Promise<FailureRow[]> {
  // Each half is read from its own partial index: SQLite would use one of connections or of errors, which have more.
  const connection = unindexed('connection');
  const condition = where(equals(connection, filter.connection), inScope(sql, connection));
  const failed = (state: FailureRow['state']) =>
    `select connection, state, error, received_at, id from deliveries where state = '${state}' and ${unindexed('error')} is not null and ${condition.text}`;
  const rows = await sql.all<Row>(
    `select connection, state, error, count(*) as count, min(received_at) as first_at, max(received_at) as last_at, max(id) as sample_id
     from (${failed('dead')} union all ${failed('pending')}) as failures group by connection, state, error order by count(*) desc, 1, 3 limit ?`,
    [...condition.bindings, ...condition.bindings, limit],
  );
  return rows.map((row) => ({
    connection: row.connection,
    state: row.state,
    error: row.error,
    count: numberOf(row.count),
    firstAt: row.first_at,
    lastAt: row.last_at,
    sampleId: row.sample_id,
  }));
}
