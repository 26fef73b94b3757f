import { setTimeout as sleep } from 'node:timers/promises';
import { isObject, parseJson, textAt } from '../../domain/values/json.ts';
import { ResponseError, type ServiceClient } from '../service-client.ts';

/** An entry of the feed, as far as the reader compares it. */
interface Change {
  cursor: string;
  changeId: string;
  kind: string;
  id: string;
  version: number;
  action: string;
  diff: unknown;
}

export interface ReaderCounts {
  booked: number;
  /** Entries that were read again and recognised by their `changeId`. */
  skipped: number;
  /** Answers 410 `feed_diverged`. */
  diverged: number;
  /** Booked entries that the feed no longer has, because a backup was restored. Known after `check`. */
  lost: number;
}

/** An ERP that pulls `/changes` all the time and books each change once, by its `changeId`. */
export interface Reader {
  counts: Readonly<ReaderCounts>;
  /** Stops when it has read the whole feed, and returns what is not booked exactly once with the content that the feed has. */
  check(): Promise<string[]>;
  stop(): Promise<void>;
}

const PAGE = 200;
const PAUSE_MS = 300;

export function startReader(client: ServiceClient): Reader {
  const books = new Map<string, string>();
  const faults: string[] = [];
  const counts: ReaderCounts = { booked: 0, skipped: 0, diverged: 0, lost: 0 };
  const stopping = new AbortController();
  let after = '0';

  function book(change: Change): void {
    const held = books.get(change.changeId);
    if (held === undefined) {
      books.set(change.changeId, contentOf(change));
      counts.booked++;
      return;
    }
    counts.skipped++;
    if (held !== contentOf(change)) faults.push(`${change.changeId} came again with other content`);
  }
  /** Reads one page and returns its number of entries; null if the service did not answer with one. */
  async function readPage(): Promise<number | null> {
    try {
      const { data, next } = await client.get<{ data: Change[]; next: string }>(`/api/v1/changes?limit=${PAGE}&after=${after}`);
      data.forEach(book);
      after = next;
      return data.length;
    } catch (error) {
      const oldest = error instanceof ResponseError && error.status === 410 ? oldestIn(error.text) : null;
      if (oldest === null) return null;
      counts.diverged++;
      after = oldest;
      return null;
    }
  }
  const reading = (async () => {
    while (!stopping.signal.aborted) if (!(await readPage())) await sleep(PAUSE_MS, undefined, { signal: stopping.signal }).catch(() => {});
  })();
  async function stop(): Promise<void> {
    stopping.abort();
    await reading;
  }
  return {
    counts,
    stop,
    async check() {
      await stop();
      while ((await readPage()) !== 0);
      const feed = await client.all<Change>('/api/v1/changes');
      const held = new Set(feed.map(({ changeId }) => changeId));
      counts.lost = [...books.keys()].filter((changeId) => !held.has(changeId)).length;
      if (held.size < feed.length) faults.push('a changeId is used for several entries');
      const unbooked = feed.filter((change) => books.get(change.changeId) !== contentOf(change));
      return [...faults, ...unbooked.map(({ changeId, kind, id }) => `${changeId} (${kind} ${id}) is not booked as it is in the feed`)];
    },
  };
}

const contentOf = ({ kind, id, version, action, diff }: Change): string => JSON.stringify([kind, id, version, action, diff]);

function oldestIn(text: string): string | null {
  const problem = parseJson(text);
  return isObject(problem) ? textAt(problem.oldest) : null;
}
