import type { Sql } from './database.ts';
import { numberOf } from './rows.ts';
import { type Condition, where } from './where.ts';

/** The rows of `table` that meet `condition`, in the order of its column `seq`. `from`: the table, with what is joined to it. */
export interface OrderedQuery {
  columns: string;
  table: string;
  from?: string;
  condition: ReturnType<typeof where>;
  /** Whether an index has the rows that meet the condition, in this order. */
  isIndexed: boolean;
  limit: number;
}

/** Positions: later than `after`, up to `upTo`; null: without that end. */
interface Range {
  after: number | null;
  upTo: number | null;
}

/** How many positions are read in their order before an index is used, and how many more if no others are left. */
const NEARBY = 10_000;
const LAST = 40_000;

/**
 * Oldest first. An engine that expects many rows to meet the condition reads all of them in their order until it has found enough: a second and more
 * in a million rows of which few meet it, or only late ones. So it reads the nearest in their order, and looks for the rest by the indexes of the
 * condition. `upTo`: null to the end.
 */
export async function readOldestFirst<Row>(sql: Sql, query: OrderedQuery & { after: number; upTo: number | null }): Promise<Row[]> {
  const { after, limit } = query;
  if (query.isIndexed) return readInOrder(sql, query, query, 'asc');
  const middle = after + NEARBY;
  const nearby = await readInOrder<Row>(sql, query, { after, upTo: Math.min(middle, query.upTo ?? middle) }, 'asc');
  if (nearby.length >= limit) return nearby;
  const upTo = query.upTo ?? (await readLastSeq(sql, query.table));
  return [...nearby, ...(await readRest<Row>(sql, { ...query, limit: limit - nearby.length }, { after: middle, upTo }, 'asc'))];
}

/** The same, newest first. `upTo`: null from the end. */
export async function readNewestFirst<Row>(sql: Sql, query: OrderedQuery & { upTo: number | null }): Promise<Row[]> {
  const { limit } = query;
  if (query.isIndexed) return readInOrder(sql, query, { after: null, upTo: query.upTo }, 'desc');
  const upTo = query.upTo ?? (await readLastSeq(sql, query.table));
  const middle = upTo - NEARBY;
  const nearby = await readInOrder<Row>(sql, query, { after: middle, upTo }, 'desc');
  if (nearby.length >= limit) return nearby;
  return [...nearby, ...(await readRest<Row>(sql, { ...query, limit: limit - nearby.length }, { after: 0, upTo: middle }, 'desc'))];
}

/** The last position in a table; 0 if it is empty. */
export async function readLastSeq(sql: Sql, table: string, column = 'seq'): Promise<number> {
  const [last] = await sql.all<{ seq: number | string | null }>(`select max(${column}) as seq from ${table}`);
  return numberOf(last?.seq);
}

function readRest<Row>(sql: Sql, query: OrderedQuery, range: { after: number; upTo: number }, direction: Direction): Promise<Row[]> {
  if (range.upTo <= range.after) return Promise.resolve([]);
  return (range.upTo - range.after <= LAST ? readInOrder : readByIndex)<Row>(sql, query, range, direction);
}

type Direction = 'asc' | 'desc';

const rangeOf = (column: string, { after, upTo }: Range): Condition[] => [
  after === null ? null : [`${column} > ?`, after],
  upTo === null ? null : [`${column} <= ?`, upTo],
];

function readInOrder<Row>(sql: Sql, query: OrderedQuery, range: Range, direction: Direction): Promise<Row[]> {
  const { columns, table, from = table } = query;
  const condition = where([query.condition.text, ...query.condition.bindings], ...rangeOf(`${table}.seq`, range));
  return sql.all<Row>(`select ${columns} from ${from} where ${condition.text} order by ${table}.seq ${direction} limit ?`, [
    ...condition.bindings,
    query.limit,
  ]);
}

/** Neither engine uses the order of `seq` for the sum. */
function readByIndex<Row>(sql: Sql, query: OrderedQuery, range: Range, direction: Direction): Promise<Row[]> {
  const { columns, table, from = table } = query;
  const sum = `${table}.seq + 0`;
  const condition = where([query.condition.text, ...query.condition.bindings], ...rangeOf(sum, range));
  return sql.all<Row>(
    `select ${columns} from ${from} where ${table}.seq in
       (select ${table}.seq from ${table} where ${condition.text} order by ${sum} ${direction} limit ?)
     order by ${table}.seq ${direction}`,
    [...condition.bindings, query.limit],
  );
}
