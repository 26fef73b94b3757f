import assert from 'node:assert/strict';
import { alive } from './support.ts';
import { lineJson, orderId, orderJson } from './tradecloud.ts';

const AT = '2026-04-03T10:00:00.000Z';
const LATER = '2026-04-03T11:00:00.000Z';

const orderAt = (at: string, quantity: string): string =>
  orderJson({ number: 'PO77', at, lines: [lineJson('PO77', { position: '0001', at, quantity })] });

alive('a notification without a body is shown and replayed like any other delivery, fresh or as recorded', async (life) => {
  const id = orderId('PO77');
  life.far.orders.set(id, orderAt(AT, '10'));
  const told = await life.hook({ method: 'GET', path: `/orders/${id}` });
  const delivery = await life.ended(told.body.deliveryId);
  assert.deepEqual([delivery.state, delivery.body, delivery.changes.length], ['done', '', 1]);

  life.far.orders.set(id, orderAt(LATER, '11'));
  const path = `/deliveries/${delivery.id}/replay`;
  const recorded = await life.call('POST', path, { fetch: 'recorded', preview: true });
  assert.deepEqual([recorded.status, recorded.body.number, recorded.body.changes], [200, 1, []]);
  const fresh = await life.call('POST', path, { preview: true });
  assert.deepEqual([fresh.body.number, fresh.body.changes.map((change: { lines: string[] }) => change.lines)], [1, [['0001']]]);
  assert.deepEqual((await life.call('POST', path, { fetch: 'fresh' })).status, 202);
  const order = await life.until(
    'the replay has changed the order',
    () => life.get(`/orders/by-external/acme/${id}`),
    ({ version }) => version === 2,
  );
  assert.deepEqual([order.lines[0].quantity, (await life.feed()).at(-1).cause.type], ['11', 'replay']);
});
