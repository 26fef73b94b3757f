import type { Sql } from '../engine/database.ts';
import { rowsParameter } from '../engine/rows.ts';

/** What became of a change in the reader's own books. */
export interface Receipt {
  cursor: string;
  status: 'booked' | 'rejected';
  reference: string | null;
  reason: string | null;
}

/** Those of the cursors that name no entry of the feed. */
export async function findUnknownCursors(sql: Sql, cursors: readonly string[]): Promise<string[]> {
  const rows = rowsParameter([...new Set(cursors)].map((cursor) => ({ cursor })));
  const statement = `select rows.cursor as cursor from ${sql.dialect.rowsOf({ cursor: 'text' })}
    where not exists (select 1 from changes where changes.seq = cast(rows.cursor as bigint))`;
  return (await sql.all<{ cursor: string }>(statement, [rows])).map((row) => row.cursor);
}

/** Keeps receipts; a later one about the same entry takes the place of the earlier. The cursors must differ from each other. */
export async function upsertReceipts(sql: Sql, consumer: string, receipts: readonly Receipt[], at: string): Promise<void> {
  const columns = { cursor: 'text', status: 'text', reference: 'text', reason: 'text' } as const;
  // `where true` parts the join from `on conflict` for SQLite's parser (sqlite.org/lang_upsert.html, "parsing ambiguity").
  const statement = `insert into receipts (consumer, change_seq, status, reference, reason, at)
    select ?, cast(rows.cursor as bigint), rows.status, rows.reference, rows.reason, ? from ${sql.dialect.rowsOf(columns)} where true
    on conflict (consumer, change_seq) do update set status = excluded.status, reference = excluded.reference, reason = excluded.reason, at = excluded.at`;
  await sql.all(statement, [consumer, at, rowsParameter(receipts)]);
}
