import assert from 'node:assert/strict';
import { insertRows } from './seed.ts';
import { type TestApi, testWithApi } from './support.ts';

const entries = (count: number, detail: string) =>
  Array.from({ length: count }, (_, index) => ({
    at: `2026-02-01T00:00:${String(index % 60).padStart(2, '0')}.000Z`,
    ...{
      who: 'erp',
      key_name: 'erp',
      via: 'api',
      address: null,
      action: 'replay',
      target: `t${index}`,
      connection: 'acme',
      result: 'done',
    },
    ...{ details: JSON.stringify({ note: detail }), request_id: null },
  }));

/** The targets of all entries, page by page, and how many each page has. */
async function readAll(api: TestApi, path: string): Promise<{ targets: string[]; counts: number[] }> {
  const targets: string[] = [];
  const counts: number[] = [];
  for (let after = ''; ; ) {
    const { data, next } = (await api.get(`${path}${after}`)).json;
    targets.push(...data.map((entry: { target: string }) => entry.target));
    counts.push(data.length);
    if (next === null) return { targets, counts };
    after = `&after=${encodeURIComponent(next)}`;
  }
}

const newestFirst = (count: number): string[] => Array.from({ length: count }, (_, index) => `t${count - 1 - index}`);

testWithApi('a page of any list ends at 4 MiB, and next continues there', async (api) => {
  await insertRows(api.db, 'audit', entries(12, 'x'.repeat(1_000_000)));
  const { targets, counts } = await readAll(api, '/audit?limit=1000');
  assert.deepEqual(targets, newestFirst(12));
  assert.deepEqual(counts, [4, 4, 4]);
  const csv = await api.get('/audit.csv?limit=1000');
  assert.equal(csv.text.trim().split('\r\n').length, 5);
  assert.match(csv.headers.get('link') ?? '', /^<\/api\/v1\/audit\.csv\?limit=1000&after=[\w-]+>; rel="next"$/);
});

testWithApi('a list that is read in several steps contains every row once, in order, up to its limit', async (api) => {
  await insertRows(api.db, 'audit', entries(470, 'x'.repeat(500)));
  for (const [limit, counts] of [
    [1000, [470]],
    [470, [470]],
    [235, [235, 235]],
    [201, [201, 201, 68]],
  ] as const) {
    assert.deepEqual(await readAll(api, `/audit?limit=${limit}`), { targets: newestFirst(470), counts }, String(limit));
  }
});

testWithApi('causes are paged, too', async (api) => {
  await insertRows(
    api.db,
    'drift',
    Array.from({ length: 5 }, (_, index) => ({
      ...{ connection: 'acme', platform: 'tradecloud', kind: 'event', name: `Event${index}`, path: '/eventName' },
      ...{ first_seen_at: '2026-02-01T00:00:00.000Z', last_seen_at: '2026-02-01T00:00:00.000Z', count: 9 - index, sample_id: 'd1' },
    })),
  );
  const events: string[] = [];
  for (let [after, next] = ['', '']; next !== null; after = `&after=${next}`) {
    const page = (await api.get(`/deliveries/causes?limit=2${after}`)).json;
    events.push(...page.data.map((cause: { event: string }) => cause.event));
    next = page.next;
  }
  assert.deepEqual(events, ['Event0', 'Event1', 'Event2', 'Event3', 'Event4']);
});
