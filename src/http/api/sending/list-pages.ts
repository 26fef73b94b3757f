import type { Request, Response } from 'express';
import type { Columns } from '../../../views/csv.ts';
import { PAGE_BYTES } from '../../../views/page-size.ts';
import type { Semaphore } from '../semaphore.ts';
import { listCursor, readSequenceCursor } from './cursors.ts';
import type { RowPage, SentRow } from './row-pages.ts';
import { AT_ONCE_BYTES, sendRows } from './send-rows.ts';

/** A list whose rows are read in its own order, from any of its cursors on. */
export interface RowList {
  /** The cursor that the client sent; null: from the beginning. */
  after: string | null;
  limit: number;
  columns: Columns;
  /** How many rows are read at a time. Default: 101, a page of the default limit and the row that tells whether more follow. */
  batchRows?: number;
  /** The rows after a cursor, at most `limit`. Throws `Refused` for a cursor that is not of this list. */
  read(after: string | null, limit: number): Promise<readonly ListRow[]>;
  /** Where to continue when the list has no more rows. Default: nowhere. */
  next?: (() => Promise<string | null>) | undefined;
}

export interface ListRow {
  /** Continues after this row. */
  cursor: string;
  view: object;
}

/** One page of a list: `{"data", "next"}`, or CSV. It ends at `limit` rows or 4 MiB, and is written as the client reads it. */
export function sendList(request: Request, response: Response, readSemaphore: Semaphore, list: RowList): Promise<void> {
  return sendRows(request, response, readSemaphore, async () => {
    const page = await cutList(list);
    const next = page.hasMore ? page.last : ((await list.next?.()) ?? null);
    return { page, next, columns: list.columns };
  });
}

/** Rows of a list that is built as a whole: its cursors are counts of rows. */
export function rowsFrom(list: string, all: readonly object[], after: string | null, limit: number): ListRow[] {
  const start = readSequenceCursor(list, after) ?? 0;
  return all.slice(start, start + limit).map((view, index) => ({ cursor: listCursor(list, [start + index + 1]), view }));
}

const BATCH_ROWS = 101;
const NO_CURSOR = '';

/** Reads through a page to find its end. Retains its rows only if they are few: they are read again when they are sent. */
async function cutList({ after, limit, read, batchRows = BATCH_ROWS }: RowList): Promise<RowPage> {
  let rows: SentRow[] | undefined = [];
  let [bytes, count, hasMore] = [0, 0, false];
  let last: string | null = null;
  for (let isEnd = false; !isEnd && !hasMore; ) {
    const batchLimit = Math.min(batchRows, limit - count + 1);
    const batch = await read(last ?? after, batchLimit);
    isEnd = batch.length < batchLimit;
    for (const row of batch.map(toSent)) {
      const size = Buffer.byteLength(row.text);
      hasMore = count === limit || (count > 0 && bytes + size > PAGE_BYTES);
      if (hasMore) break;
      bytes += size;
      count += 1;
      last = row.cursor;
      if (bytes > AT_ONCE_BYTES) rows = undefined;
      rows?.push(row);
    }
  }
  const start = after ?? NO_CURSOR;
  const readOn = async (from: string, upTo: string, most: number): Promise<readonly SentRow[]> => {
    const found = (await read(from === NO_CURSOR ? null : from, Math.min(most, batchRows))).map(toSent);
    return found.slice(0, found.findIndex(({ cursor }) => cursor === upTo) + 1 || found.length);
  };
  return { after: start, parts: last === null ? [] : [last], bytes, count, last, hasMore, rows, read: readOn };
}

const toSent = ({ cursor, view }: ListRow): SentRow => ({ position: cursor, cursor, text: JSON.stringify(view) });
