import assert from 'node:assert/strict';
import test from 'node:test';
import type { EntityReport } from '../../src/domain/entities/entity.ts';
import { tradecloud } from '../../src/platforms/tradecloud/index.ts';
import { compareWithWorlds } from '../../src/sandbox/demo/compare.ts';
import type { ServiceClient } from '../../src/sandbox/service-client.ts';
import { createWorld, type World } from '../../src/sandbox/world.ts';

const START = '2026-03-01T08:00:00.000Z';

function ordersWorld(): World {
  const world = createWorld(tradecloud, { seed: 'a', baseUrl: 'http://127.0.0.1:1', now: () => new Date(START) });
  world.trigger({ connection: world.connection, eventType: 'OrderIssuedByBuyer', at: START });
  return world;
}

interface Shown {
  [member: string]: unknown;
  lines?: { [member: string]: unknown }[];
}

/** The simulated data as shown by a service that has applied everything. */
function shownBy(world: World): { orders: Shown[]; shipments: Shown[]; records: Shown[] } {
  const reports = world.simulation
    .resources()
    .flatMap(({ subject, text }) => world.platform.readFetched(subject, text, world.settings).reports);
  const show = (report: EntityReport): Shown => ({
    ...report.header,
    connection: world.connection,
    kind: report.kind,
    externalId: report.externalId,
    deletedAt: null,
    lines: report.lines.map((line) => ({ ...line.content, externalId: line.externalId, removedAt: null })),
  });
  const of = (kind: string) => reports.filter((report) => report.kind === kind).map(show);
  return { orders: of('order'), shipments: of('shipment'), records: [] };
}

function clientOf(lists: { orders: Shown[]; shipments: Shown[]; records: Shown[] }): ServiceClient {
  const none = async () => {
    throw new Error('not asked for here');
  };
  return {
    get: none,
    post: none,
    all: async <T>(path: string) =>
      (path.includes('orders') ? lists.orders : path.includes('shipments') ? lists.shipments : lists.records) as T[],
  };
}

test('a service that has applied everything is equal', async () => {
  const world = ordersWorld();
  const result = await compareWithWorlds(clientOf(shownBy(world)), [world]);
  assert.deepEqual(result.differences, []);
  assert.ok((result.equal[world.connection] ?? 0) >= 1);
});

const FAULTS: Record<string, (order: Shown, lists: ReturnType<typeof shownBy>) => unknown> = {
  'another status': (order) => Object.assign(order, { status: 'Elsewhere' }),
  'another quantity in a line': ({ lines: [line] = [] }) => Object.assign(line ?? {}, { quantity: '999' }),
  'a missing line': (order) => order.lines?.pop(),
  'an additional line': (order) => order.lines?.push({ externalId: 'more', removedAt: null }),
  'a missing order': (_order, lists) => lists.orders.pop(),
  'an additional order': (order, lists) => lists.orders.push({ ...order, externalId: 'more' }),
  'an existing order stored as deleted': (order) => Object.assign(order, { deletedAt: START }),
};

for (const [name, spoil] of Object.entries(FAULTS)) {
  test(`${name} is a difference`, async () => {
    const world = ordersWorld();
    const lists = shownBy(world);
    const [order] = lists.orders;
    assert.ok(order);
    spoil(order, lists);
    const result = await compareWithWorlds(clientOf(lists), [world]);
    assert.ok(result.differences.length >= 1);
  });
}

test('a line that was removed may still be stored', async () => {
  const world = ordersWorld();
  const lists = shownBy(world);
  lists.orders[0]?.lines?.push({ externalId: 'gone', removedAt: START });
  assert.deepEqual((await compareWithWorlds(clientOf(lists), [world])).differences, []);
});
