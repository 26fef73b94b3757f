import { feedCursor } from '../../domain/entities/feed-cursor.ts';
import { type Json, objectAt } from '../../domain/values/json.ts';
import type { Sql } from '../engine/database.ts';
import { numberOf } from '../engine/rows.ts';
import type { SqlValue } from '../engine/sql-value.ts';
import { type Condition, inScope, isOneOf, where } from '../engine/where.ts';
import { type ChangeRow, type ChangeText, changeColumns, type Row, type TextRow, textColumns, toChange, toText } from './change-row.ts';

export interface FeedFilter {
  kinds: readonly string[] | null;
  connections: readonly string[] | null;
}

/** The JSON text of `consumers.filter`. */
export function toFeedFilter(text: string): FeedFilter {
  const { kinds, connections } = objectAt(JSON.parse(text));
  return { kinds: toNames(kinds), connections: toNames(connections) };
}

const toNames = (stored: Json | undefined): string[] | null => (Array.isArray(stored) ? stored.map(String) : null);

const wanted = (sql: Sql, filter: FeedFilter): Condition[] => [
  inScope(sql, 'changes.connection'),
  isOneOf('changes.kind', filter.kinds),
  isOneOf('changes.connection', filter.connections),
];

/**
 * Entries after position `after` up to `upTo`, oldest first. Positions are assigned at the end of a transaction by one writer at a time, so that a
 * lower one never becomes visible after a higher one: reading by position skips nothing.
 */
export async function readFeed(sql: Sql, filter: FeedFilter, span: FeedRange): Promise<ChangeRow[]> {
  const { statement, bindings } = feedQuery(sql, changeColumns(sql.dialect), filter, span);
  return select(sql, statement, bindings);
}

/** The same entries, as JSON only. */
export async function readFeedTexts(sql: Sql, filter: FeedFilter, span: FeedRange): Promise<ChangeText[]> {
  const { statement, bindings } = feedQuery(sql, textColumns(sql.dialect), filter, span);
  return (await sql.all<TextRow>(statement, bindings)).map(toText);
}

/** A range of the feed: after one position, up to another. */
export interface FeedRange {
  after: string;
  upTo: string;
  limit: number;
}

/** The statement that reads `columns` of the entries that match; `seq` must be one of them. */
export function feedQuery(
  sql: Sql,
  columns: string,
  filter: FeedFilter,
  { after, upTo, limit }: FeedRange,
): { statement: string; bindings: SqlValue[] } {
  const branches = branchesOf(filter).map((branch) => {
    const condition = where(['changes.seq > ?', after], ['changes.seq <= ?', upTo], ...wanted(sql, branch));
    return {
      statement: `select ${columns} from changes where ${condition.text} order by changes.seq limit ?`,
      bindings: [...condition.bindings, limit],
    };
  });
  const [only] = branches;
  if (only && branches.length === 1) return only;
  const statement = branches.map((branch, position) => `select * from (${branch.statement}) as branch${position}`).join(' union all ');
  return { statement: `${statement} order by seq limit ?`, bindings: [...branches.flatMap((branch) => branch.bindings), limit] };
}

/** One kind or one connection is read directly from its index; several at once would be sorted again for every page, or need a scan. */
function branchesOf(filter: FeedFilter): FeedFilter[] {
  const { kinds, connections } = filter;
  if (kinds !== null && kinds.length > 1) return [...new Set(kinds)].map((kind) => ({ kinds: [kind], connections }));
  if (connections !== null && connections.length > 1)
    return [...new Set(connections)].map((connection) => ({ kinds, connections: [connection] }));
  return [filter];
}

/** The newest entries before position `before` (null: from the end), newest first; `until`: only those created by then. */
export async function readNewest(
  sql: Sql,
  filter: FeedFilter,
  before: string | null,
  limit: number,
  until: string | null = null,
): Promise<ChangeRow[]> {
  const condition = where(
    before === null ? null : ['changes.seq < ?', before],
    until === null ? null : ['changes.at <= ?', until],
    ...wanted(sql, filter),
  );
  return select(sql, `select ${changeColumns(sql.dialect)} from changes where ${condition.text} order by changes.seq desc limit ?`, [
    ...condition.bindings,
    limit,
  ]);
}

/** The entries caused by one delivery or run, oldest first. */
export async function readByCause(sql: Sql, causeId: string, limit: number): Promise<ChangeRow[]> {
  return select(sql, `select ${changeColumns(sql.dialect)} from changes where cause_id = ? order by changes.seq limit ?`, [causeId, limit]);
}

/** The number of entries after `after`, counted up to `most`. */
export async function countAfter(sql: Sql, filter: FeedFilter, after: string, most: number): Promise<number> {
  const condition = where(['changes.seq > ?', after], ...wanted(sql, filter));
  const [row] = await sql.all<{ count: number | string }>(
    `select count(*) as count from (select 1 from changes where ${condition.text} limit ?) as entries`,
    [...condition.bindings, most],
  );
  return numberOf(row?.count);
}

/** The first entry after `after` that matches the filter: its position, and when it was created; null if there is none. */
export async function readFirstAfter(sql: Sql, filter: FeedFilter, after: string): Promise<{ position: string; at: string } | null> {
  const condition = where(['changes.seq > ?', after], ...wanted(sql, filter));
  const statement = `select seq, at from changes where ${condition.text} order by changes.seq limit 1`;
  const [row] = await sql.all<{ seq: number | string; at: string }>(statement, condition.bindings);
  return row ? { position: String(row.seq), at: row.at } : null;
}

/** The changes of one entity in a range of the feed, oldest first; without `upTo` to its end. */
export async function readHistory(sql: Sql, entityId: string, span: { after: string; upTo?: string; limit: number }): Promise<ChangeRow[]> {
  const condition = where(['entity_id = ?', entityId], ['seq > ?', span.after], span.upTo === undefined ? null : ['seq <= ?', span.upTo]);
  return select(sql, `select ${changeColumns(sql.dialect)} from changes where ${condition.text} order by version limit ?`, [
    ...condition.bindings,
    span.limit,
  ]);
}

/** An entry that a consumer has not booked, with its latest receipt; nulls: there is none yet. */
export interface OutstandingRow extends ChangeRow {
  receiptReference: string | null;
  receiptReason: string | null;
  receiptAt: string | null;
}

/** The statement that reads `columns` of the entries up to `upTo` that the consumer has read and not booked, oldest first. */
export function outstandingQuery(
  sql: Sql,
  columns: string,
  consumer: string,
  filter: FeedFilter,
  span: FeedRange,
): { statement: string; bindings: SqlValue[] } {
  const condition = where(
    ['changes.seq > ?', span.after],
    ['changes.seq <= ?', span.upTo],
    ["(receipts.status is null or receipts.status <> 'booked')"],
    ...wanted(sql, filter),
  );
  const statement = `select ${columns} from changes left join receipts on receipts.consumer = ? and receipts.change_seq = changes.seq
    where ${condition.text} order by changes.seq limit ?`;
  return { statement, bindings: [consumer, ...condition.bindings, span.limit] };
}

const RECEIPT = 'receipts.reference as receipt_reference, receipts.reason as receipt_reason, receipts.at as receipt_at';

export async function readOutstanding(sql: Sql, consumer: string, filter: FeedFilter, span: FeedRange): Promise<OutstandingRow[]> {
  const { statement, bindings } = outstandingQuery(sql, `${changeColumns(sql.dialect)}, ${RECEIPT}`, consumer, filter, span);
  const rows = await sql.all<Row & Record<'receipt_reference' | 'receipt_reason' | 'receipt_at', string | null>>(statement, bindings);
  return rows.map((row) => ({
    ...toChange(row),
    receiptReference: row.receipt_reference,
    receiptReason: row.receipt_reason,
    receiptAt: row.receipt_at,
  }));
}

async function select(sql: Sql, statement: string, bindings: SqlValue[]): Promise<ChangeRow[]> {
  return (await sql.all<Row>(statement, bindings)).map(toChange);
}

/** The cursors of the changes that these deliveries or runs caused, by their id. */
export async function readCursorsByCause(sql: Sql, causeIds: readonly string[]): Promise<Map<string, string[]>> {
  const cursors = new Map<string, string[]>();
  if (causeIds.length === 0) return cursors;
  const condition = where(isOneOf('cause_id', causeIds));
  const statement = `select cause_id, seq, change_id from changes where ${condition.text} order by seq`;
  for (const row of await sql.all<{ cause_id: string; seq: number | string; change_id: string }>(statement, condition.bindings)) {
    cursors.set(row.cause_id, [...(cursors.get(row.cause_id) ?? []), feedCursor(row.seq, row.change_id)]);
  }
  return cursors;
}
