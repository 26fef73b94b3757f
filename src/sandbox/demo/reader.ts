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

export const startReader = (client: ServiceClient): Reader => new FeedReader(client);

class FeedReader implements Reader {
  readonly counts: ReaderCounts = { booked: 0, skipped: 0, diverged: 0, lost: 0 };
  private readonly client: ServiceClient;
  /** The content of each booked entry, by `changeId`. */
  private readonly books = new Map<string, string>();
  private readonly faults: string[] = [];
  private readonly stopping = new AbortController();
  private readonly reading: Promise<void>;
  private after = '0';

  constructor(client: ServiceClient) {
    this.client = client;
    this.reading = this.read();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.reading;
  }

  async check(): Promise<string[]> {
    await this.stop();
    while ((await this.readPage()) !== 0);
    const feed = await this.client.all<Change>('/api/v1/changes');
    const held = new Set(feed.map(({ changeId }) => changeId));
    this.counts.lost = [...this.books.keys()].filter((changeId) => !held.has(changeId)).length;
    if (held.size < feed.length) this.faults.push('a changeId is used for several entries');
    const unbooked = feed.filter((change) => this.books.get(change.changeId) !== contentOf(change));
    return [...this.faults, ...unbooked.map(({ changeId, kind, id }) => `${changeId} (${kind} ${id}) is not booked as it is in the feed`)];
  }

  private async read(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) if (!(await this.readPage())) await sleep(PAUSE_MS, undefined, { signal }).catch(() => {});
  }

  /** Reads one page and returns its number of entries; null if the service did not answer with one. */
  private async readPage(): Promise<number | null> {
    try {
      const path = `/api/v1/changes?limit=${PAGE}&after=${this.after}`;
      const { data, next } = await this.client.get<{ data: Change[]; next: string }>(path);
      for (const change of data) this.book(change);
      this.after = next;
      return data.length;
    } catch (error) {
      const oldest = error instanceof ResponseError && error.status === 410 ? oldestIn(error.text) : null;
      if (oldest === null) return null;
      this.counts.diverged++;
      this.after = oldest;
      return null;
    }
  }

  private book(change: Change): void {
    const held = this.books.get(change.changeId);
    if (held === undefined) {
      this.books.set(change.changeId, contentOf(change));
      this.counts.booked++;
      return;
    }
    this.counts.skipped++;
    if (held !== contentOf(change)) this.faults.push(`${change.changeId} came again with other content`);
  }
}

const contentOf = ({ kind, id, version, action, diff }: Change): string => JSON.stringify([kind, id, version, action, diff]);

function oldestIn(text: string): string | null {
  const problem = parseJson(text);
  return isObject(problem) ? textAt(problem.oldest) : null;
}
