import type { Response } from 'express';
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

/** One page of the feed; with nothing there, waits up to `waitMs` for the first entry. Empty when `end` comes first. */
export async function readPage(
  { context }: Pick<ApiPorts, 'context'>,
  wanted: { filter: FeedFilter; after: string; limit: number; waitMs: number },
  end: AbortSignal,
): Promise<ChangeRow[]> {
  const untilMs = performance.now() + wanted.waitMs;
  for (;;) {
    const page = await readFeed(context.db.read, wanted.filter, wanted.after, wanted.limit);
    const leftMs = untilMs - performance.now();
    if (page.length > 0 || leftMs <= 0 || end.aborted) return page;
    await context.feedChanged.wait(Math.min(leftMs, LOOK_AGAIN_MS), end);
  }
}

/** Every entry after `after`, page by page, for ever; an empty page when nothing came for `quietMs`. Ends with `end`. */
export async function* follow(
  ports: Pick<ApiPorts, 'context'>,
  wanted: { filter: FeedFilter; after: string; limit: number; quietMs: number },
  end: AbortSignal,
): AsyncGenerator<ChangeRow[]> {
  let after = wanted.after;
  while (!end.aborted) {
    const page = await readPage(ports, { filter: wanted.filter, after, limit: wanted.limit, waitMs: wanted.quietMs }, end);
    after = page.at(-1)?.cursor ?? after;
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
