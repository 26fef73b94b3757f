import assert from 'node:assert/strict';
import test from 'node:test';
import { startReader } from '../../src/sandbox/demo/reader.ts';
import { ResponseError, type ServiceClient } from '../../src/sandbox/service-client.ts';

interface Entry {
  changeId: string;
  version: number;
}

/** A feed by position; it answers 410 to a position that it does not have, and reports when it has been read to its end. */
function createFeed() {
  let entries: Entry[] = [];
  let waiting = () => {};
  const shown = () =>
    entries.map((entry, at) => ({ ...entry, cursor: String(at + 1), kind: 'order', id: '1', action: 'updated', diff: [] }));
  const client: ServiceClient = {
    async get<T>(path: string): Promise<T> {
      const after = Number(new URL(path, 'http://feed').searchParams.get('after'));
      if (after > entries.length) throw new ResponseError('GET', 410, JSON.stringify({ code: 'feed_diverged', oldest: '0' }));
      if (after === entries.length) waiting();
      return JSON.parse(JSON.stringify({ data: shown().slice(after), next: String(entries.length) }));
    },
    post: () => Promise.reject(new Error('not used')),
    all: async <T>() => JSON.parse(JSON.stringify(shown())) as T[],
  };
  return {
    client,
    /** Resolves when the reader has read it all. */
    replace(next: Entry[]): Promise<void> {
      entries = next;
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting = resolve;
      return promise;
    },
  };
}

const entry = (changeId: string, version: number): Entry => ({ changeId, version });

test('after a restore the reader goes back to the oldest entry and books only what it does not know', async () => {
  const feed = createFeed();
  const first = feed.replace([entry('a', 1), entry('b', 2), entry('c', 3)]);
  const reader = startReader(feed.client);
  await first;
  await feed.replace([entry('a', 1), entry('d', 2)]);
  assert.deepEqual(await reader.check(), []);
  assert.deepEqual(reader.counts, { booked: 4, skipped: 1, diverged: 1, lost: 2 });
});

test('a changeId that is reused for another change is an error', async () => {
  const feed = createFeed();
  const first = feed.replace([entry('a', 1), entry('b', 2)]);
  const reader = startReader(feed.client);
  await first;
  await feed.replace([entry('b', 7)]);
  assert.deepEqual(await reader.check(), ['b came again with other content', 'b (order 1) is not booked as it is in the feed']);
});
