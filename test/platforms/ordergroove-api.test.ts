import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { PermanentFailure, RemoteFailure, RemoteMissing } from '../../src/domain/errors.ts';
import { objectAt, parseJson } from '../../src/domain/values/json.ts';
import type { PlatformApi, ResourcePage } from '../../src/platforms/contract/api.ts';
import { createConcurrencyLimit } from '../../src/platforms/ordergroove/client/concurrency.ts';
import { ordergroove } from '../../src/platforms/ordergroove/index.ts';
import { readCentral, writeCentral } from '../../src/platforms/ordergroove/read/central-time.ts';
import { remoteOnFakeTime, remoteServer } from '../remote/remote-server.ts';
import { NOW, serve, settingsWith, simulation, withApi } from './ordergroove-support.ts';

const connected = (baseUrl: string): PlatformApi => {
  const api = ordergroove.connect(withApi(baseUrl), remoteOnFakeTime().remote);
  assert.ok(api);
  return api;
};

const answering = (t: TestContext, status: number, body = '{}', headers: Record<string, string> = {}) =>
  remoteServer(t, (_request, response) => response.writeHead(status, headers).end(body));

async function allPages(api: PlatformApi, stream: string, watermark: string | null): Promise<ResourcePage[]> {
  const pages: ResourcePage[] = [];
  for (let page: string | null = null; pages.length === 0 || page !== null; page = pages.at(-1)?.next ?? null) {
    pages.push(await api.changesSince(stream, { watermark, since: null, page }));
  }
  return pages;
}

test('an order is fetched with all of its items, over several pages, and they become its lines', async (t) => {
  const { baseUrl, world, asked } = await serve(t, (url) => simulation(url));
  const created = world.emit('order.create').at(-1);
  for (let items = 0; items < 104; items++) world.emit('item.create');
  const subject = created?.subject;
  assert.ok(subject);
  const fetched = await connected(baseUrl).fetch(subject);
  const { reports, drift } = ordergroove.readFetched(subject, fetched.text, withApi());
  assert.deepEqual([reports.length, reports[0]?.lines.length, reports[0]?.linesComplete, reports[0]?.sourceLines], [1, 105, true, 'items']);
  assert.equal(reports[0]?.header?.status, 'UNSENT');
  assert.equal(reports[0]?.lastUpdatedAt, '2026-01-01T10:01:49.000Z', 'a second for each of the 104 changes');
  assert.deepEqual(drift, []);
  assert.deepEqual(
    asked.map(({ path }) => path),
    [`/orders/${subject.externalId}/`, '/items/', '/items/'],
  );
  for (const { headers } of asked) assert.deepEqual([headers['x-api-key'], headers['x-og-api-version']], ['api-key-1', '2']);
  assert.deepEqual([asked[1]?.query.page_size, asked[1]?.query.order], ['100', subject.externalId]);
});

test('an item whose order is not known leads to its order', async (t) => {
  const { baseUrl, world } = await serve(t, (url) => simulation(url));
  const sent = world.emit('item.create').at(-1);
  const item = String(objectAt(objectAt(objectAt(parseJson(sent?.body ?? '')).data).object).public_id);
  const fetched = await connected(baseUrl).fetch({ kind: 'item', externalId: item });
  const [report] = ordergroove.readFetched({ kind: 'item', externalId: item }, fetched.text, withApi()).reports;
  assert.deepEqual([report?.kind, report?.externalId], ['order', sent?.subject?.externalId]);
  assert.ok(report?.lines.some(({ externalId }) => externalId === item));
});

test('subscriptions and subscribers are fetched completely, entitlements cannot be fetched', async (t) => {
  const { baseUrl, world } = await serve(t, (url) => simulation(url));
  const api = connected(baseUrl);
  for (const type of ['subscription.create', 'subscriber.create']) {
    const subject = world.emit(type).at(-1)?.subject;
    assert.ok(subject);
    const [report] = ordergroove.readFetched(subject, (await api.fetch(subject)).text, withApi()).reports;
    assert.deepEqual([report?.kind, report?.externalId, report?.header?.status], [subject.kind, subject.externalId, 'live']);
  }
  await assert.rejects(api.fetch({ kind: 'entitlement', externalId: 'e' }), PermanentFailure);
  await assert.rejects(api.fetch({ kind: 'order', externalId: 'made-up' }), RemoteMissing);
});

test('credentials in a response are redacted before it is returned', async (t) => {
  const baseUrl = await answering(t, 200, '{"public_id":"s-1","one_click_token":"eyJh.secret","price":"1.10","rate":1.10}');
  const { text } = await connected(baseUrl).fetch({ kind: 'subscription', externalId: 's-1' });
  assert.equal(text, '{"public_id":"s-1","one_click_token":"[redacted]","price":"1.10","rate":1.10}');
});

test('reconciliation pages through every list and ends with the newest time that the platform reported', async (t) => {
  const clock = { value: NOW.getTime() };
  const { baseUrl, world, asked } = await serve(t, (url) => simulation(url, clock));
  for (let orders = 0; orders < 130; orders++) world.emit('order.create');
  clock.value += 60_000;
  world.emit('entitlement.entitlements_granted');
  world.emit('subscription.change_quantity');
  world.emit('subscriber.create');
  const api = connected(baseUrl);
  const found = new Map<string, { subjects: Set<string>; watermark: string | null; pages: number; partial: boolean }>();
  for (const { name } of api.streams) {
    const pages = await allPages(api, name, null);
    const records = pages.flatMap((page) => page.records);
    found.set(name, {
      subjects: new Set(records.map(({ subject }) => `${subject.kind}:${subject.externalId}`)),
      watermark: pages.at(-1)?.watermark ?? null,
      pages: pages.length,
      partial: records.every(({ partial }) => partial === true),
    });
  }
  const orders = world
    .resources()
    .filter(({ subject }) => subject.kind === 'order')
    .map(({ subject }) => `order:${subject.externalId}`);
  assert.deepEqual([...(found.get('orders')?.subjects ?? [])].sort(), orders.sort());
  assert.deepEqual([...(found.get('items')?.subjects ?? [])].sort(), orders.sort());
  assert.deepEqual(
    [...found].map(([name, { pages, partial }]) => [name, pages, partial]),
    [
      ['subscriptions', 1, false],
      ['customers', 1, false],
      ['orders', 2, true],
      ['items', 2, true],
      ['entitlements', 1, false],
    ],
  );
  assert.equal(found.get('orders')?.watermark, '2026-01-01T10:00:05.000Z');
  assert.equal(found.get('subscriptions')?.watermark, '2026-01-01T10:01:05.000Z');
  assert.ok(asked.every(({ query }) => query.updated_start === undefined && query.page_size === '100'));
});

test('a later run starts before the watermark, in US Central time, and filters each stream by its own field', async (t) => {
  const { baseUrl, asked } = await serve(t, (url) => simulation(url));
  const api = connected(baseUrl);
  for (const { name } of api.streams) {
    const page = await api.changesSince(name, { watermark: '2026-07-01T12:00:00.000Z', since: null, page: null });
    assert.equal(page.watermark, '2026-07-01T12:00:00.000Z', 'an empty list keeps the watermark');
  }
  assert.deepEqual(
    asked.map(({ path, query }) => [path, query.updated_start ?? query.order_updated_start ?? null]),
    [
      ['/subscriptions/', '2026-07-01T04:00:00'],
      ['/customers/', '2026-07-01T04:00:00'],
      ['/orders/', '2026-07-01T04:00:00'],
      ['/items/', '2026-07-01T04:00:00'],
      ['/entitlements/', null],
    ],
  );
  await api.changesSince('orders', { watermark: null, since: '2026-01-01T00:00:00Z', page: null });
  assert.equal(asked.at(-1)?.query.updated_start, '2025-12-31T15:00:00');
});

test('a filter that is rejected with a time of day is repeated with the date alone, and any other rejection is an error', async (t) => {
  const strict = async (wanted: RegExp) => {
    const asked: (string | null)[] = [];
    const baseUrl = await remoteServer(t, (request, response) => {
      const from = new URL(request.url ?? '', 'http://localhost').searchParams.get('updated_start');
      asked.push(from);
      const status = from === null || wanted.test(from) ? 200 : 400;
      response.writeHead(status).end(status === 200 ? '{"results":[],"next":null}' : '{"updated_start":["Enter a valid date."]}');
    });
    return { api: connected(baseUrl), asked };
  };
  const start = { watermark: '2026-01-01T12:00:00.000Z', since: null, page: null };
  const dates = await strict(/^\d{4}-\d\d-\d\d$/);
  assert.deepEqual((await dates.api.changesSince('orders', start)).records, []);
  assert.deepEqual(dates.asked, ['2026-01-01T03:00:00', '2026-01-01']);
  const nothing = await strict(/^never$/);
  await assert.rejects(nothing.api.changesSince('orders', start), { status: 400 });
  assert.equal(nothing.asked.length, 2);
});

test('a change within two hours before the watermark is listed again, in winter and in summer', async (t) => {
  for (const at of ['2026-01-15T08:00:00Z', '2026-07-15T08:00:00Z', '2026-03-08T08:30:00Z', '2026-11-01T07:30:00Z']) {
    const clock = { value: Date.parse(at) };
    const { baseUrl, world } = await serve(t, (url) => simulation(url, clock));
    const sent = world.emit('subscription.create').at(-1);
    const watermark = new Date(Date.parse(at) + 2 * 3_600_000).toISOString();
    const page = await connected(baseUrl).changesSince('subscriptions', { watermark, since: null, page: null });
    assert.deepEqual(
      page.records.map(({ subject }) => subject),
      [sent?.subject],
      at,
    );
    const later = new Date(Date.parse(at) + 25 * 3_600_000).toISOString();
    assert.deepEqual(
      (await connected(baseUrl).changesSince('subscriptions', { watermark: later, since: null, page: null })).records,
      [],
      at,
    );
  }
});

test('the rows of a list are partial: an order has no lines, an item no header', async (t) => {
  const { baseUrl, world } = await serve(t, (url) => simulation(url));
  world.emit('order.create');
  const api = connected(baseUrl);
  const read = async (stream: string) => {
    const [record] = (await api.changesSince(stream, { watermark: null, since: null, page: null })).records;
    assert.ok(record);
    return ordergroove.readFetched(record.subject, record.text, withApi()).reports[0];
  };
  const [order, items] = [await read('orders'), await read('items')];
  assert.deepEqual([order?.header?.status, order?.lines.length, order?.linesComplete, order?.partial], ['UNSENT', 0, false, true]);
  assert.deepEqual([items?.header, items?.lines.length, items?.linesComplete, items?.partial], [null, 1, false, true]);
  assert.equal(items?.externalId, order?.externalId);
});

test('a list may be a bare array, or link back to itself or to another host: only its first page is read', async (t) => {
  const bare = await answering(t, 200, '[{"public_id":"s-1"}]');
  const page = await connected(bare).changesSince('subscriptions', { watermark: null, since: null, page: null });
  assert.deepEqual([page.records.length, page.next, page.watermark], [1, null, null]);
  const elsewhere = await answering(t, 200, '{"results":[],"next":"https://elsewhere.example/subscriptions/?cursor=2"}');
  const first = await connected(elsewhere).changesSince('subscriptions', { watermark: null, since: null, page: null });
  await assert.rejects(
    connected(elsewhere).changesSince('subscriptions', { watermark: null, since: null, page: first.next }),
    RemoteFailure,
  );
  const circle = await remoteServer(t, (request, response) =>
    response.end(JSON.stringify({ results: [], next: `http://${request.headers.host}/orders/?cursor=1` })),
  );
  const begin = await connected(circle).changesSince('orders', { watermark: null, since: null, page: null });
  await assert.rejects(connected(circle).changesSince('orders', { watermark: null, since: null, page: begin.next }), RemoteFailure);
});

test('a locked object and too many calls are failures that state when to retry', async (t) => {
  for (const status of [423, 429]) {
    const api = connected(await answering(t, status, '{}', { 'retry-after': '7' }));
    await assert.rejects(api.fetch({ kind: 'subscription', externalId: 's' }), (error) => {
      assert.ok(error instanceof RemoteFailure);
      assert.deepEqual([error.status, error.retryAfterMs], [status, 7000]);
      return true;
    });
  }
  await assert.rejects(connected(await answering(t, 200, '<html>')).fetch({ kind: 'subscription', externalId: 's' }), RemoteFailure);
});

test('a merchant without entitlements is not an error', async (t) => {
  for (const status of [403, 404]) {
    const page = await connected(await answering(t, status)).changesSince('entitlements', { watermark: null, since: null, page: null });
    assert.deepEqual([page.records, page.next], [[], null]);
  }
  await assert.rejects(
    connected(await answering(t, 503)).changesSince('entitlements', { watermark: null, since: null, page: null }),
    RemoteFailure,
  );
});

test('a list that a merchant does not have is empty; without the list of orders nothing is compared', async (t) => {
  const start = { watermark: null, since: null, page: null };
  const api = connected(await answering(t, 404));
  for (const stream of ['subscriptions', 'customers', 'items'])
    assert.deepEqual((await api.changesSince(stream, start)).records, [], stream);
  await assert.rejects(api.changesSince('orders', start), RemoteFailure);
});

test('after a refused key the next one is used', async (t) => {
  const { baseUrl, world, asked } = await serve(t, (url) => simulation(url));
  world.emit('subscriber.create');
  const settings = settingsWith({ api: { baseUrl, apiKey: ['expired'] } });
  const findings = await ordergroove.connect(settings, remoteOnFakeTime().remote)?.check();
  assert.deepEqual(
    findings?.map(({ ok }) => ok),
    [false],
  );
  assert.match(findings?.[0]?.text ?? '', /Bulk Operations/);
  const strict = await remoteServer(t, (request, response) =>
    response.writeHead(request.headers['x-api-key'] === 'api-key-1' ? 200 : 401).end('{"results":[]}'),
  );
  const turned = settingsWith({ api: { baseUrl: strict, apiKey: ['expired', 'api-key-1'] } });
  assert.deepEqual(
    (await ordergroove.connect(turned, remoteOnFakeTime().remote)?.check())?.map(({ ok }) => ok),
    [true],
  );
  // An unknown key is answered 403.
  const rotated = settingsWith({ api: { baseUrl, apiKey: ['expired', 'api-key-1'] } });
  assert.deepEqual(
    (await ordergroove.connect(rotated, remoteOnFakeTime().remote)?.check())?.map(({ ok }) => ok),
    [true],
  );
  assert.equal(asked.length, 3);
});

test('without an api and without management there is nothing to connect to', () => {
  assert.equal(ordergroove.connect(settingsWith(), remoteOnFakeTime().remote), null);
});

test('Central time is six hours behind in winter, five in summer, and can be converted back', () => {
  assert.equal(writeCentral(new Date('2026-01-01T00:00:00Z')), '2025-12-31T18:00:00');
  assert.equal(writeCentral(new Date('2026-07-01T00:00:00Z')), '2026-06-30T19:00:00');
  for (const at of ['2026-01-01T00:00:00.000Z', '2026-07-01T23:59:59.000Z', '2026-03-08T07:59:59.000Z', '2026-03-08T08:00:00.000Z']) {
    assert.equal(readCentral(writeCentral(new Date(at)))?.toISOString(), at);
  }
  assert.equal(readCentral('2026-01-01')?.toISOString(), '2026-01-01T06:00:00.000Z');
  assert.equal(readCentral(''), null);
});

test('no more calls are in progress than the limit allows, and a failed call frees its slot', async () => {
  const limited = createConcurrencyLimit(2);
  let under = 0;
  let most = 0;
  const work = (fails: boolean) =>
    limited(async () => {
      most = Math.max(most, ++under);
      await Promise.resolve();
      under -= 1;
      if (fails) throw new Error('refused');
    });
  const ended = await Promise.allSettled([work(false), work(true), work(true), work(false), work(false)]);
  assert.deepEqual([most, under, ended.filter(({ status }) => status === 'fulfilled').length], [2, 0, 3]);
});
