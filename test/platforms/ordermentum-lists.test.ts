import assert from 'node:assert/strict';
import test from 'node:test';
import { ordermentum } from '../../src/platforms/ordermentum/index.ts';
import { readListPage } from '../../src/platforms/ordermentum/lists.ts';
import { remoteOnFakeTime } from '../remote/remote-server.ts';
import { against, at, failure, listOf, type Row, readAll } from './ordermentum-support.ts';

test('a list is paged to its end, each row once, and the watermark is the newest time in the platform’s own format', async (t) => {
  const rows = Array.from({ length: 130 }, (_, n) => ({ id: `o-${n}`, status: 'Paid', updatedAt: at(n).replace('.000Z', 'Z') }));
  const { api, calls } = await against(t, ({ query }) => listOf(rows, query));
  const { records, watermark } = await readAll(api, 'orders', null);
  assert.equal(records.length, 130);
  assert.equal(new Set(records.map(({ id }) => id)).size, 130);
  assert.ok(records.every(({ partial }) => partial));
  assert.equal(watermark, at(129).replace('.000Z', 'Z'));
  assert.ok(calls.every(({ query }) => query.supplierId === 'supplier-1' && !('retailerId' in query) && !('updatedAt[gte]' in query)));
});

test('a run starts two minutes before the watermark, the first one at the connection’s own since', async (t) => {
  const { api, calls } = await against(t, ({ query }) => listOf([], query));
  assert.equal((await readAll(api, 'invoices', '2026-02-01T10:00:00Z', '2026-01-01')).watermark, null);
  await readAll(api, 'purchasers', null, '2026-01-01T00:00:00Z');
  assert.deepEqual(
    calls.map(({ path, query }) => `${path} ${query['updatedAt[gte]']}`),
    ['/v2/invoices 2026-02-01T09:58:00.000Z', '/v1/purchasers 2026-01-01T00:00:00.000Z'],
  );
});

test('rows without a time of change, as invoices have in the documentation, move the watermark to the response with the first page', async (t) => {
  const rows: Row[] = Array.from({ length: 60 }, (_, n) => ({ id: `i-${n}`, status: 'Unpaid' }));
  const { api, time } = await against(t, ({ query }) => ({ ...listOf(rows, query), headers: { date: time.remote.now().toUTCString() } }));
  const begun = new Date(Math.floor(time.remote.now().getTime() / 1000) * 1000).toISOString();
  const first = await api.changesSince('invoices', { watermark: null, since: null, page: null });
  assert.equal(first.watermark, null, 'not before the end');
  assert.equal((await readAll(api, 'invoices', null)).watermark, begun);
  rows.splice(0, 1, { id: 'i-0', status: 'Paid', updatedAt: at(7) });
  assert.equal((await readAll(api, 'invoices', null)).watermark, at(7), 'a time that is told counts');
});

test('a row that moves across a page boundary during reading is still found', async (t) => {
  const rows: Row[] = Array.from({ length: 60 }, (_, n) => ({ id: `o-${n}`, updatedAt: at(n) }));
  let moved = false;
  const { api } = await against(t, ({ query }) => {
    const answer = listOf(rows, query);
    // Once page 1 has been read its first row is updated: it goes to the end, and the first row of page 2 moves onto page 1.
    if (!moved && query.pageNo === '1') rows.splice(0, 1, { id: 'o-0', updatedAt: at(500) });
    moved = true;
    return answer;
  });
  const { records, watermark } = await readAll(api, 'orders', at(-10));
  assert.deepEqual([...new Set(records.map(({ id }) => id))].sort(), rows.map(({ id }) => id).sort());
  assert.equal(records.length, 61);
  assert.equal(watermark, at(500));
});

test('a list that keeps changing ends, and the next run starts a day earlier', async (t) => {
  const rows: Row[] = Array.from({ length: 60 }, (_, n) => ({ id: `o-${n}`, updatedAt: at(n) }));
  let tick = 5000;
  const { api, calls } = await against(t, ({ query }) => {
    const answer = listOf(rows, query);
    rows.splice(0, 1, { ...rows[0], updatedAt: at(++tick) });
    return answer;
  });
  const { watermark } = await readAll(api, 'orders', at(-10));
  assert.ok(calls.length <= 5 * 3);
  assert.equal(Date.parse(at(tick)) - Date.parse(watermark ?? '') >= 24 * 60 * 60_000, true);
});

test('an interrupted run continues from its page in another process', async (t) => {
  const rows = Array.from({ length: 70 }, (_, n) => ({ id: `o-${n}`, updatedAt: at(n) }));
  const { api, settings } = await against(t, ({ query }) => listOf(rows, query));
  const first = await api.changesSince('orders', { watermark: null, since: null, page: null });
  const other = ordermentum.connect(settings, remoteOnFakeTime().remote);
  const seen = new Set(first.records.map(({ subject }) => subject.externalId));
  let { next, watermark } = first;
  while (next !== null) {
    const page = await other?.changesSince('orders', { watermark: null, since: null, page: next });
    for (const { subject } of page?.records ?? []) seen.add(subject.externalId);
    next = page?.next ?? null;
    watermark = page?.watermark ?? null;
  }
  assert.equal(seen.size, 70);
  assert.equal(watermark, at(69));
});

test('a page whose reading was aborted returns its rows again', async (t) => {
  const rows = Array.from({ length: 70 }, (_, n) => ({ id: `o-${n}`, updatedAt: at(n) }));
  const { api } = await against(t, ({ query }) => listOf(rows, query));
  const first = await api.changesSince('orders', { watermark: null, since: null, page: null });
  const second = { watermark: null, since: null, page: first.next };
  assert.equal((await api.changesSince('orders', second)).records.length, 20);
  assert.equal((await api.changesSince('orders', second)).records.length, 20);
});

test('complete rows are not marked partial, and digits survive the list', async (t) => {
  const { api } = await against(t, () => ({
    body: '{"data":[{"id":"c-1","supplierId":"s","total":10.50,"updatedAt":"2026-02-01T00:00:00Z"}]}',
  }));
  const { records } = await readAll(api, 'credit-notes', null);
  assert.deepEqual(records, [
    { id: 'c-1', partial: false, text: '{"id":"c-1","supplierId":"s","total":10.50,"updatedAt":"2026-02-01T00:00:00Z"}' },
  ]);
});

test('a short page ends a list, unless the response announces more; a total alone ends nothing', () => {
  const rows = (count: number) => Array.from({ length: count }, (_, id) => ({ id }));
  const more = (document: object, pageNo = 1) => readListPage(document as never, pageNo).more;
  assert.equal(more({ data: rows(50), meta: { totalPages: 1, totalResults: 50 } }), true);
  assert.equal(more({ data: rows(25), meta: { totalPages: 2 } }), true);
  assert.equal(more({ data: rows(25), links: { next: 'https://x/?pageNo=2' } }), true);
  assert.equal(more({ data: rows(50), links: { next: null } }), true);
  assert.equal(more({ data: rows(50) }), true);
  assert.equal(more({ data: rows(49) }), false);
  assert.equal(more({ data: rows(25), meta: { pageSize: 25, totalResults: 30 } }), true);
  assert.equal(more({ data: rows(5), meta: { pageSize: 25, totalResults: 30 } }, 2), false);
  assert.equal(more({ data: [], meta: { totalPages: 9 } }), false);
  assert.equal(more(rows(3)), false);
});

test('a list that an account does not have is empty, and does not move the watermark; without the list of orders nothing is compared', async (t) => {
  const { api } = await against(t, ({ path }) => ({ status: path === '/v1/credit-notes' ? 400 : 404 }));
  for (const stream of ['invoices', 'purchasers', 'credit-notes']) {
    const page = await api.changesSince(stream, { watermark: null, since: null, page: null });
    assert.deepEqual([page.records, page.next, page.watermark], [[], null, null], stream);
  }
  await assert.rejects(api.changesSince('orders', { watermark: null, since: null, page: null }), failure({ status: 404 }));
});
