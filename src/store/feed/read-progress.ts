import type { Sql } from '../engine/database.ts';
import { rowsParameter } from '../engine/rows.ts';
import { consumerInScope, where } from '../engine/where.ts';
import { type FeedFilter, toFeedFilter } from './read-changes.ts';

/** What one consumer has done with an entry. */
export interface Progress {
  position: string;
  consumer: string;
  filter: FeedFilter;
  readAt: string | null;
  acknowledgedAt: string | null;
  status: 'booked' | 'rejected' | null;
  reference: string | null;
  reason: string | null;
  receiptAt: string | null;
}

interface Row extends Omit<Progress, 'position' | 'filter'> {
  position: string;
  filter: string;
}

// A page that was read again with a smaller limit is recorded later, at a lower position: the earliest of the next few counts.
const firstCovering = (table: string): string =>
  `(select min(covering.at) from (select t.at, t.after_position from ${table} t where t.consumer = c.name and t.position >= cast(rows.position as bigint)
      order by t.position limit 50) as covering where covering.after_position < cast(rows.position as bigint))`;

/** When each consumer read and acknowledged these entries, and its receipts for them; entries from before its start position are left out. */
export async function readProgress(sql: Sql, positions: readonly string[]): Promise<Progress[]> {
  if (positions.length === 0) return [];
  const condition = where(['cast(rows.position as bigint) > c.start_position'], consumerInScope(sql, 'c.name'));
  const statement = `select rows.position as position, c.name as consumer, c.filter as filter, ${firstCovering('consumer_reads')} as "readAt",
      ${firstCovering('consumer_acks')} as "acknowledgedAt", r.status as status, r.reference as reference, r.reason as reason, r.at as "receiptAt"
    from ${sql.dialect.rowsOf({ position: 'text' })} cross join consumers c
    left join receipts r on r.consumer = c.name and r.change_seq = cast(rows.position as bigint)
    where ${condition.text} order by c.name`;
  const rows = await sql.all<Row>(statement, [rowsParameter(positions.map((position) => ({ position }))), ...condition.bindings]);
  return rows.map((row) => ({ ...row, filter: toFeedFilter(row.filter) }));
}
