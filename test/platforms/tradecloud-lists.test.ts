import assert from 'node:assert/strict';
import test from 'node:test';
import { RemoteFailure } from '../../src/domain/errors.ts';
import { issue, readAll, scene } from './tradecloud-scene.ts';

test('a first poll reads everything by pages of 100, each order once, and returns the latest time received', async (t) => {
  const { api, simulation, bodies } = await scene(t);
  for (let i = 0; i < 250; i++) issue(simulation);
  const { ids, watermark, pages } = await readAll(api, 'orders', {});
  assert.equal(ids.length, 250);
  assert.equal(new Set(ids).size, 250);
  assert.equal(pages.length, 3);
  assert.equal(pages[0]?.total, 250);
  const times = simulation.resources().map(({ text: resource }) => (JSON.parse(resource) as { lastUpdatedAt: string }).lastUpdatedAt);
  assert.equal(watermark, times.sort().at(-1));
  const polls = bodies
    .filter((body) => body !== '')
    .map((body) => JSON.parse(body) as { filters: { lastUpdatedAfter: string }; limit: number });
  assert.deepEqual(
    [...new Set(polls.map(({ filters, limit }) => `${filters.lastUpdatedAfter} ${limit}`))],
    ['1970-01-01T00:00:00.000Z 100'],
  );
});

test('orders that change between two pages hide none of the others', async (t) => {
  const { api, simulation, tools } = await scene(t);
  for (let i = 0; i < 320; i++) issue(simulation);
  const all = new Set(simulation.resources().map(({ subject }) => subject.externalId));
  // Every time a page has been read, many of the orders before it move to the end of the list.
  const { ids } = await readAll(api, 'orders', {}, () => {
    tools.advance(1000);
    for (let i = 0; i < 40; i++) simulation.emit('OrderLinesReissuedByBuyer');
  });
  assert.deepEqual(new Set(ids), all);
});

test('the next run starts a little before the watermark, and an empty response keeps it', async (t) => {
  const { api, simulation, bodies, tools } = await scene(t);
  issue(simulation);
  const first = await readAll(api, 'orders', {});
  tools.advance(3_600_000);
  issue(simulation);
  const second = await readAll(api, 'orders', { watermark: first.watermark });
  const asked = JSON.parse(bodies.at(-1) ?? '{}') as { filters: { lastUpdatedAfter: string } };
  const overlapMs = Date.parse(first.watermark ?? '') - Date.parse(asked.filters.lastUpdatedAfter);
  assert.ok(overlapMs > 0 && overlapMs <= 24 * 3_600_000);
  assert.equal(second.ids.length, 2);
  const nothing = await readAll(api, 'shipments', { watermark: '2026-05-05T05:05:05Z' });
  assert.deepEqual([nothing.ids, nothing.watermark], [[], '2026-05-05T05:05:05Z']);
});

test('a run starts at `since` if it is given, and continues from a page token after an interruption', async (t) => {
  const { api, simulation, bodies } = await scene(t);
  for (let i = 0; i < 120; i++) issue(simulation);
  const start = { watermark: null, since: '2026-01-01T00:00:00Z' };
  const first = await api.changesSince('orders', { ...start, page: null });
  const rest = await api.changesSince('orders', { ...start, page: first.next });
  assert.equal(first.records.length + rest.records.length, 120);
  assert.equal(rest.next, null);
  assert.match(bodies.at(-1) ?? '', /"lastUpdatedAfter":"2026-01-01T00:00:00Z"/);
});

test('deliveryMode single uses the single-delivery poll, and a company id restricts the polls', async (t) => {
  const { api, simulation, asked, bodies } = await scene(t, { deliveryMode: 'single', companyId: 'somebody-else' });
  simulation.emit('OrderIssuedByBuyer', 'single');
  simulation.emit('ShipmentIssuedBySupplier');
  assert.deepEqual((await readAll(api, 'orders', {})).ids, []);
  assert.deepEqual((await readAll(api, 'shipments', {})).ids, []);
  assert.ok(asked.includes('POST /order-search/poll/single-delivery'));
  assert.ok(bodies.some((body) => body.includes('"filters":{"companyId":"somebody-else"')));
  assert.ok(bodies.some((body) => body.includes('"filters":{"buyerShipment":{"companyId":"somebody-else"}')));
});

test('polled shipments are read like fetched ones; an account without shipments has none to compare', async (t) => {
  const { api, simulation, fault } = await scene(t);
  simulation.emit('ShipmentIssuedBySupplier');
  const { pages } = await readAll(api, 'shipments', {});
  const record = pages[0]?.records[0];
  assert.ok(record);
  assert.equal(record.text, simulation.resources().find(({ subject }) => subject.kind === 'shipment')?.text);
  Object.assign(fault, { status: 403, path: /shipment/ });
  assert.deepEqual((await readAll(api, 'shipments', {})).ids, []);
  Object.assign(fault, { status: 500 });
  await assert.rejects(readAll(api, 'shipments', {}), (error) => error instanceof RemoteFailure && error.status === 500);
});
