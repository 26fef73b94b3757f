import assert from 'node:assert/strict';
import { indexChanges } from '../../src/search/index-changes.ts';
import { searchEntities } from '../../src/store/entities/search.ts';
import { change, delivery, document, entity, header, insertRows } from './seed.ts';
import { type TestApi, testWithApi } from './support.ts';

/** The positions of rows that few lists find among ten thousand others: near each other and far apart, before and after ends of what is read at once. */
const POSITIONS = [1, 2, 9_999, 10_000, 10_001, 10_002, 20_002, 25_000, 61_000, 61_001] as const;

const EARLIER = '2026-02-01T08:00:00.000Z';
const LATER = '2026-02-02T08:00:00.000Z';
const isLate = (position: number): boolean => position === 2 || position > 20_000;
const connectionOf = (position: number): string => (position % 2 === 0 ? 'fresh' : 'acme');

async function seed(api: TestApi): Promise<void> {
  const rows = <Row>(make: (position: number) => Row) => POSITIONS.map((seq) => ({ seq, ...make(seq) }));
  await insertRows(
    api.db,
    'entities',
    rows((seq) => entity(`e${seq}`, { connection: connectionOf(seq), updated_at: isLate(seq) ? LATER : EARLIER })),
  );
  await insertRows(
    api.db,
    'deliveries',
    rows((seq) =>
      delivery(`d${seq}`, {
        connection: connectionOf(seq),
        state: isLate(seq) ? 'ignored' : 'handled',
        error: isLate(seq) ? 'unknown event' : null,
        received_at: isLate(seq) ? LATER : EARLIER,
      }),
    ),
  );
  await insertRows(
    api.db,
    'documents',
    rows((seq) => document(`doc${seq}`, 'e1', { connection: connectionOf(seq), state: isLate(seq) ? 'failed' : 'stored' })),
  );
}

/** The ids of all pages of a list. */
async function readAll(api: TestApi, path: string): Promise<string[]> {
  const ids: string[] = [];
  for (let after = ''; ; ) {
    const { data, next } = (await api.get(`${path}${after}`)).json;
    ids.push(...data.map((row: { id: string }) => row.id));
    if (next === null) return ids;
    after = `&after=${encodeURIComponent(next)}`;
  }
}

testWithApi('a list has every matching row once and in order, however far apart they are', async (api) => {
  await seed(api);
  const ids = (prefix: string, matches: (position: number) => boolean) =>
    POSITIONS.filter(matches).map((position) => `${prefix}${position}`);
  const isFresh = (position: number) => connectionOf(position) === 'fresh';
  for (const limit of [1, 2, 3, 100]) {
    for (const [query, matches] of [
      ['', () => true],
      ['&connection=fresh', isFresh],
      [`&updatedAfter=${EARLIER}`, isLate],
      [`&updatedAfter=${EARLIER}&connection=fresh`, (position) => isLate(position) && isFresh(position)],
      [`&updatedAfter=${LATER}`, () => false],
      ['&status=nosuch', () => false],
    ] as [string, (position: number) => boolean][])
      assert.deepEqual(await readAll(api, `/orders?limit=${limit}${query}`), ids('e', matches), `orders ${limit} ${query}`);
    for (const [query, matches] of [
      ['', () => true],
      ['&connection=fresh', isFresh],
      ['&state=ignored', isLate],
      ['&state=handled', (position) => !isLate(position)],
      ['&error=UNKNOWN', isLate],
      ['&error=nosuch', () => false],
      [`&from=${LATER}`, isLate],
      [`&to=${LATER}`, (position) => !isLate(position)],
    ] as [string, (position: number) => boolean][])
      assert.deepEqual(
        await readAll(api, `/deliveries?limit=${limit}${query}`),
        ids('d', matches).reverse(),
        `deliveries ${limit} ${query}`,
      );
    for (const [query, matches] of [
      ['', () => true],
      ['&connection=fresh', isFresh],
      ['&state=failed', isLate],
      ['&state=stored', (position) => !isLate(position)],
      ['&state=announced', () => false],
      ['&order=e1', () => true],
      ['&shipment=e1', () => false],
    ] as [string, (position: number) => boolean][])
      assert.deepEqual(await readAll(api, `/documents?limit=${limit}${query}`), ids('doc', matches), `documents ${limit} ${query}`);
  }
  const { key } = (await api.call('POST', '/keys', { body: { name: 'shop', role: 'reader', connections: ['fresh'] } })).json;
  for (const [path, prefix] of [
    ['orders', 'e'],
    ['documents', 'doc'],
  ])
    assert.deepEqual(
      (await api.get(`/${path}?limit=100`, { key })).json.data.map((row: { id: string }) => row.id),
      ids(String(prefix), isFresh),
      `${path} of a limited key`,
    );
});

testWithApi('the console finds an order that thousands of others have changed after', async (api) => {
  const old = entity('old', {
    connection: 'fresh',
    number: 'PO-OLD-1',
    status: 'Rejected',
    header: header({ number: 'PO-OLD-1', status: 'Rejected' }),
    updated_at: EARLIER,
  });
  const others = Array.from({ length: 5_100 }, (_, index) => entity(`e${index}`, { updated_at: LATER }));
  await insertRows(api.db, 'entities', [old, ...others, entity('sent', { kind: 'shipment', connection: 'fresh' })]);
  await insertRows(api.db, 'changes', [change('old', 1)]);
  while ((await indexChanges({ db: api.db })) > 0);
  const ALL = { kinds: ['order'] as const, connection: null, status: null, text: null };
  const find = async (search: Partial<Parameters<typeof searchEntities>[1]>, skip = 0) =>
    (await searchEntities(api.db.read, { ...ALL, ...search }, { skip, limit: 2 })).map(({ id }) => id);
  assert.deepEqual(await find({}), ['e5099', 'e5098'], 'the latest first');
  assert.deepEqual(await find({}, 5_098), ['e1', 'e0']);
  assert.deepEqual(await find({}, 5_099), ['e0', 'old']);
  assert.deepEqual(await find({}, 5_101), []);
  assert.deepEqual(await find({ connection: 'fresh' }), ['old']);
  assert.deepEqual(await find({ status: 'Rejected' }), ['old']);
  assert.deepEqual(await find({ text: 'po-old' }), ['old']);
  assert.deepEqual(await find({ text: 'x-old' }), ['old'], 'its external id');
  assert.deepEqual(await find({ text: 'OLD' }), [], 'not the beginning of its number');
  assert.deepEqual(await find({ text: 'PO' }), ['e5099', 'e5098'], 'shorter than a trigram');
  assert.deepEqual(await find({ kinds: ['order', 'shipment'], connection: 'fresh' }), ['sent', 'old']);
});
