import type { SentCursor } from '../../domain/entities/feed-cursor.ts';
import type { Sql } from '../engine/database.ts';
import { numberOf, rowsParameter } from '../engine/rows.ts';
import { inScope, where } from '../engine/where.ts';

/** What the reader did with a change in its own system. */
export interface Receipt {
  at: SentCursor;
  status: 'booked' | 'rejected';
  reference: string | null;
  reason: string | null;
}

/** The change ids of the entries at these positions; a position without an entry is missing. */
export async function readChangeIds(sql: Sql, positions: readonly string[]): Promise<Map<string, string>> {
  const visible = where(inScope(sql, 'changes.connection'));
  const rows = rowsParameter([...new Set(positions)].map((position) => ({ position })));
  const statement = `select changes.seq as seq, changes.change_id as change_id from ${sql.dialect.rowsOf({ position: 'text' })}
    cross join changes where changes.seq = cast(rows.position as bigint) and ${visible.text}`;
  const found = await sql.all<{ seq: number | string; change_id: string }>(statement, [rows, ...visible.bindings]);
  return new Map(found.map((row) => [String(row.seq), row.change_id]));
}

/** Stores receipts; a later one for the same entry replaces the earlier one. The positions must be distinct. */
export async function upsertReceipts(sql: Sql, consumer: string, receipts: readonly Receipt[], at: string): Promise<void> {
  const columns = { position: 'text', status: 'text', reference: 'text', reason: 'text' } as const;
  const rows = receipts.map(({ at: { position }, status, reference, reason }) => ({ position, status, reference, reason }));
  // `where true` separates the join from `on conflict` for SQLite's parser (sqlite.org/lang_upsert.html, "parsing ambiguity").
  const statement = `insert into receipts (consumer, change_seq, status, reference, reason, at)
    select ?, cast(rows.position as bigint), rows.status, rows.reference, rows.reason, ? from ${sql.dialect.rowsOf(columns)} where true
    on conflict (consumer, change_seq) do update set status = excluded.status, reference = excluded.reference, reason = excluded.reason, at = excluded.at`;
  await sql.all(statement, [consumer, at, rowsParameter(rows)]);
}

/** How many changes each consumer has rejected and not booked since, and its reason for the newest. Grouped by consumer, the first column of the index. */
export async function readRejected(sql: Sql): Promise<{ consumer: string; count: number; reason: string | null; externalId: string }[]> {
  const statement = `select newest.consumer, newest.count, receipts.reason, changes.external_id as "externalId"
    from (select c.name as consumer, count(*) as count, max(r.change_seq) as seq from consumers c cross join receipts r
            where r.consumer = c.name and r.status = 'rejected' group by c.name) as newest
    join receipts on receipts.consumer = newest.consumer and receipts.change_seq = newest.seq join changes on changes.seq = newest.seq
    order by newest.consumer`;
  const rows = await sql.all<{ consumer: string; count: number | string; reason: string | null; externalId: string }>(statement);
  return rows.map((row) => ({ ...row, count: numberOf(row.count) }));
}
