import type { Response } from 'express';
import type { FeedPosition } from '../../../domain/entities/feed-cursor.ts';
import { confirm } from '../../../feed/find-position.ts';
import type { Sql } from '../../../store/engine/database.ts';
import type { FeedFilter, FeedRange } from '../../../store/feed/read-changes.ts';
import { type ChangeParts, readFeedSizes } from '../../../store/feed/read-sizes.ts';
import { changeTexts } from '../../../views/change-texts.ts';
import type { RoutePorts } from '../ports.ts';
import type { Semaphore } from '../semaphore.ts';
import { cutRows, type ReadRows, type RowPage } from '../sending/row-pages.ts';

/** Aborted when the client disconnects or the server stops; no listener stays on the long-lived `stop` after the response. */
export function endOf(response: Response, stop: AbortSignal): AbortSignal {
  const end = new AbortController();
  const finish = () => {
    stop.removeEventListener('abort', finish);
    end.abort();
  };
  stop.addEventListener('abort', finish);
  response.once('close', finish);
  if (stop.aborted) finish();
  return end.signal;
}

/** A request for entries of the feed. */
export interface FeedQuery {
  filter: FeedFilter;
  parts: ChangeParts;
  after: FeedPosition;
  /** The end of the feed, if it has just been read with `after`. */
  latest?: FeedPosition;
  limit: number;
  waitMs: number;
}

/** Entries that are read while they are sent, and the position to continue from, past entries that the filter excludes. */
export interface FeedPage {
  page: RowPage;
  next: FeedPosition;
}

type FeedPorts = Pick<RoutePorts, 'context' | 'readSemaphore'>;

/**
 * One page of the feed; if it is empty, waits up to `waitMs` for the first entry. Empty if `end` comes first. Rejects a position that the
 * feed does not have (410).
 */
export async function readPage({ context, readSemaphore }: FeedPorts, query: FeedQuery, end: AbortSignal): Promise<FeedPage> {
  const untilMs = performance.now() + query.waitMs;
  const sql = context.db.read;
  for (;;) {
    const seen = context.feedChanged.count();
    // The end is read before the entries: anything committed in between is on the next page.
    // With `wait` it is read again: what was appended before `seen` was counted would not wake this request.
    const known = query.waitMs === 0 ? query.latest : undefined;
    const latest: FeedPosition = known ?? (await confirm(sql, query.after)).latest;
    const span = { after: query.after.position, upTo: latest.position, limit: query.limit + 1 };
    const isNew = latest.position !== query.after.position;
    const { page, last } = await cutFeed(sql, query, isNew ? span : null, readSemaphore);
    const leftMs = untilMs - performance.now();
    if (page.count > 0 || leftMs <= 0 || end.aborted) {
      return { page, next: page.hasMore && last ? last : later(latest, query.after) };
    }
    await context.feedChanged.wait(Math.min(leftMs, context.pollIntervalMs()), end, seen);
  }
}

/** The page, and its last entry; `span` null: there is nothing to read. Only a few are prepared at a time. */
async function cutFeed(
  sql: Sql,
  query: FeedQuery,
  span: FeedRange | null,
  readSemaphore: Semaphore,
): Promise<{ page: RowPage; last: FeedPosition | null }> {
  const read: ReadRows = (after, upTo, limit) => changeTexts(sql, query.filter, { after, upTo, limit }, query.parts);
  if (span === null) return { page: cutRows(query.after.position, [], query.limit, read), last: null };
  const release = await readSemaphore.enter();
  const sizes = await readFeedSizes(sql, query.filter, span, query.parts).finally(release);
  const page = cutRows(span.after, sizes, query.limit, read);
  const last = sizes[page.count - 1];
  return { page, last: last ? { position: last.position, cursor: last.cursor } : null };
}

// Without newer entries the client gets its own position again.
const later = (latest: FeedPosition, after: FeedPosition): FeedPosition =>
  BigInt(latest.position) > BigInt(after.position) ? latest : after;

/** Every entry after a position, page by page, without end; an empty page if there was none for `waitMs`. Stops with `end`. */
export async function* follow(ports: FeedPorts, query: FeedQuery, end: AbortSignal): AsyncGenerator<FeedPage> {
  let { after } = query;
  while (!end.aborted) {
    const page = await readPage(ports, { ...query, after }, end);
    after = page.next;
    yield page;
  }
}
