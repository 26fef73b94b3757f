import type { Response } from 'express';
import type { FeedPosition } from '../../../domain/feed-cursor.ts';
import { confirm } from '../../../feed/find-position.ts';
import { type ChangeRow, type FeedFilter, readFeed } from '../../../store/feed/read-changes.ts';
import type { ApiPorts } from '../ports.ts';

/** Another process may have written: whoever waits looks again at least this often. */
const LOOK_AGAIN_MS = 500;

/** Aborted when the client goes away or the server stops; nothing is left on the long-lived `stop` once the answer is over. */
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

/** Entries in their order, and where to read on from: past what the filter left out. */
export interface FeedPage {
  rows: ChangeRow[];
  next: FeedPosition;
}

/**
 * One page of the feed; with nothing there, waits up to `waitMs` for the first entry. Empty when `end` comes first.
 * Refuses a position that the feed does not have (410).
 */
export async function readPage(
  { context }: Pick<ApiPorts, 'context'>,
  wanted: { filter: FeedFilter; after: FeedPosition; limit: number; waitMs: number },
  end: AbortSignal,
): Promise<FeedPage> {
  const untilMs = performance.now() + wanted.waitMs;
  for (;;) {
    // The end is read before the entries: what is committed between the two stays for the next page.
    const { latest } = await confirm(context.db.read, wanted.after);
    const span = { after: wanted.after.position, upTo: latest.position, limit: wanted.limit };
    const rows = await readFeed(context.db.read, wanted.filter, span);
    const isFull = rows.length === wanted.limit;
    const next = (isFull ? rows.at(-1) : undefined) ?? later(latest, wanted.after);
    const leftMs = untilMs - performance.now();
    if (rows.length > 0 || leftMs <= 0 || end.aborted) return { rows, next: { position: next.position, cursor: next.cursor } };
    await context.feedChanged.wait(Math.min(leftMs, LOOK_AGAIN_MS), end);
  }
}

// With nothing newer the client is given its own position again.
const later = (latest: FeedPosition, after: FeedPosition): FeedPosition =>
  BigInt(latest.position) > BigInt(after.position) ? latest : after;

/** Every entry after `after`, page by page, for ever; an empty page when nothing came for `quietMs`. Ends with `end`. */
export async function* follow(
  ports: Pick<ApiPorts, 'context'>,
  wanted: { filter: FeedFilter; after: FeedPosition; limit: number; quietMs: number },
  end: AbortSignal,
): AsyncGenerator<FeedPage> {
  let { after } = wanted;
  while (!end.aborted) {
    const page = await readPage(ports, { filter: wanted.filter, after, limit: wanted.limit, waitMs: wanted.quietMs }, end);
    after = page.next;
    yield page;
  }
}

/** Writes, and waits until the client has taken what was written; false when it has gone. */
export async function writeAll(response: Response, text: string, end: AbortSignal): Promise<boolean> {
  if (end.aborted || response.destroyed) return false;
  if (response.write(text)) return true;
  return new Promise((resolve) => {
    const settle = () => {
      response.off('drain', settle);
      end.removeEventListener('abort', settle);
      resolve(!end.aborted);
    };
    response.once('drain', settle);
    end.addEventListener('abort', settle, { once: true });
  });
}
