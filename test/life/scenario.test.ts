import assert from 'node:assert/strict';
import { alive } from './support.ts';
import { eventJson, lineJson, orderId, orderJson } from './tradecloud.ts';

const ID = orderId('PO1');
const line = (position: string, at: string, quantity: string) => lineJson('PO1', { position, at, quantity });

alive('an order arrives, is repeated, changes in one line, arrives late, and is fetched', async (life) => {
  const t1 = '2026-04-02T10:00:00.000Z';
  const first = eventJson({ number: 'PO1', at: t1, messageId: 'm-1', lines: [line('0010', t1, '10'), line('0020', t1, '20')] });
  const delivery = await life.order(first);
  assert.deepEqual([delivery.state, delivery.subject, delivery.eventId], ['done', `order:${ID}`, 'm-1']);
  const order = await life.get(`/orders/by-external/acme/${encodeURIComponent(ID)}`);
  assert.deepEqual([order.number, order.version, order.lines.map((one: { quantity: string }) => one.quantity)], ['PO1', 1, ['10', '20']]);
  const [entry, ...more] = await life.feed();
  assert.deepEqual([more, entry.action, entry.version, entry.lines], [[], 'created', 1, ['0010', '0020']]);
  assert.deepEqual(entry.cause, { type: 'delivery', id: delivery.id, eventType: 'OrderLinesAcceptedBySupplier' });
  assert.deepEqual(delivery.changes, [entry.cursor]);

  const again = await life.hook({ body: first });
  assert.deepEqual([again.status, again.body], [200, { status: 'duplicate', deliveryId: delivery.id }]);
  assert.equal((await life.get(`/deliveries/${delivery.id}`)).duplicates, 1);
  assert.equal((await life.feed()).length, 1);

  const t2 = '2026-04-02T11:00:00.000Z';
  await life.order(eventJson({ number: 'PO1', at: t2, messageId: 'm-2', lines: [line('0020', t2, '18')] }));
  const [, changed] = await life.feed();
  assert.deepEqual([changed.action, changed.version, changed.lines], ['updated', 2, ['0020']]);
  assert.deepEqual(
    changed.diff.toSorted((a: { path: string }, b: { path: string }) => (a.path < b.path ? -1 : 1)),
    [
      { path: '/lines/0020/deliverySchedule/0/quantity', before: '20', after: '18' },
      { path: '/lines/0020/quantity', before: '20', after: '18' },
    ],
  );

  const t0 = '2026-04-02T09:00:00.000Z';
  const late = await life.order(
    eventJson({ number: 'PO1', at: t0, messageId: 'm-0', lines: [line('0010', t0, '99'), line('0020', t0, '98')] }),
  );
  assert.deepEqual([late.state, late.changes], ['done', []]);
  assert.equal((await life.feed()).length, 2);

  const t3 = '2026-04-02T12:00:00.000Z';
  life.far.orders.set(ID, orderJson({ number: 'PO1', at: t3, lines: [line('0010', t3, '11'), line('0020', t2, '18')] }));
  const asked = await life.hook({ method: 'GET', path: `/orders/${encodeURIComponent(ID)}` });
  assert.equal(asked.status, 202);
  const fetched = await life.ended(asked.body.deliveryId);
  assert.equal(fetched.changes.length, 1);
  assert.equal(life.far.calls.filter((call) => call === `GET /order/${ID}`).length, 1);
  const [, , newer] = await life.feed();
  assert.deepEqual([newer.version, newer.lines, newer.cause.type], [3, ['0010'], 'delivery']);

  const t4 = '2026-04-02T13:00:00.000Z';
  life.far.orders.set(ID, orderJson({ number: 'PO1', at: t4, lines: [line('0020', t4, '17')] }));
  const queried = await life.hook({ method: 'GET', path: `/orders?orderId=${encodeURIComponent(ID)}` });
  assert.equal(queried.status, 202);
  await life.ended(queried.body.deliveryId);
  const [, , , last] = await life.feed();
  assert.deepEqual(last.lines.toSorted(), ['0010', '0020'], 'the line that is missing from a whole order is removed');
  const now = await life.get(`/orders/by-external/acme/${encodeURIComponent(ID)}`);
  assert.equal(now.version, 4);
  assert.deepEqual(
    now.lines.map((one: { position: string; quantity: string; removedAt: string | null }) => [
      one.position,
      one.quantity,
      one.removedAt !== null,
    ]),
    [
      ['0010', '11', true],
      ['0020', '17', false],
    ],
  );
  const history = (await life.get(`/orders/${now.id}/history`)).data as object[];
  assert.deepEqual(
    history,
    (await life.feed()).map((entry: object) => ({ ...entry, consumers: [] })),
  );
});
