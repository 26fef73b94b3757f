import assert from 'node:assert/strict';
import { alive, type Body } from './support.ts';
import { lineJson, orderId, orderJson } from './tradecloud.ts';

const ID = orderId('PO1');
const at = (hour: number): string => `2026-04-04T${hour}:00:00.000Z`;

/** The order at this hour, with documents on its header and on its line. */
function orderWith(hour: number, header: object[], line: object[]): string {
  const order = JSON.parse(orderJson({ number: 'PO1', at: at(hour), lines: [lineJson('PO1', { position: '0010', at: at(10) })] })) as Body;
  order.documents = header;
  order.lines[0].documents = line;
  return JSON.stringify(order);
}

const plan = (objectId: string) => ({ code: 'PLAN', name: 'Plan', objectId });

alive('a document is replaced by its code and removed by a complete response; all are shown on request', async (life) => {
  const fetchOrder = async (json: string) => {
    life.far.orders.set(ID, json);
    const { body } = await life.hook({ method: 'GET', path: `/orders/${ID}` });
    assert.equal((await life.ended(body.deliveryId)).state, 'done');
    return (await life.feed()).at(-1);
  };
  await fetchOrder(orderWith(10, [plan('obj-1')], [plan('obj-1')]));
  const replaced = await fetchOrder(orderWith(11, [plan('obj-2')], [plan('obj-1')]));
  assert.deepEqual(
    replaced.diff.map(({ path }: Body) => path),
    ['/documents/PLAN'],
  );
  const removed = await fetchOrder(orderWith(12, [plan('obj-2')], []));
  assert.deepEqual(
    [removed.lines, removed.diff.map(({ path, after }: Body) => [path, after])],
    [['0010'], [['/lines/0010/documents/PLAN', null]]],
  );

  const { id } = await life.get(`/orders/by-external/acme/${encodeURIComponent(ID)}`);
  const current = (await life.get(`/documents?order=${id}`)).data;
  assert.equal(current.length, 1);
  assert.deepEqual([current[0].line, current[0].supersededBy, current[0].removedAt], [null, null, null]);
  const all = (await life.get(`/documents?order=${id}&superseded=true`)).data;
  assert.deepEqual(
    all.map(({ line, supersededBy, removedAt }: Body) => [line === null, supersededBy, removedAt === null]),
    [
      [true, current[0].id, true],
      [false, null, false],
      [true, null, true],
    ],
  );
  const shown = async (query: string) => (await life.get(`/orders/${id}${query}`)).documents.map((one: Body) => one.id);
  assert.deepEqual([await shown(''), (await shown('?superseded=true')).length], [[current[0].id], 3]);
  const asOf = (await life.feed())[0]?.cursor;
  assert.deepEqual(await shown(`?asOf=${asOf}`), [all[0].id, all[1].id]);
});

alive('an order event that was sent before documents were attached and arrives after them replaces none of them', async (life) => {
  const drawing = (revision: string) => ({ code: 'DRAWING', revision, name: `Drawing ${revision}`, objectId: `obj-${revision}` });
  let messages = 0;
  const event = (hour: number, documents: object[]) => {
    const order = { orderId: ID, lastUpdatedAt: at(hour), buyerOrder: { purchaseOrderNumber: 'PO1', documents }, lines: [] };
    return JSON.stringify({ eventName: 'OrderLinesUpdatedByBuyer', orderEvent: order, meta: { messageId: `m-${++messages}` } });
  };
  const attached = { orderId: ID, lastUpdatedAt: at(12), documents: [drawing('B')] };
  const current = async () => {
    const { id } = await life.get(`/orders/by-external/acme/${encodeURIComponent(ID)}`);
    return (await life.get(`/documents?order=${id}`)).data.map(({ name }: Body) => name);
  };
  await life.order(event(10, [drawing('A')]));
  await life.order(
    JSON.stringify({ eventName: 'OrderDocumentsAttachedByBuyer', orderDocumentsEvent: attached, meta: { messageId: 'd-1' } }),
  );
  await life.order(event(11, [drawing('A')]));
  assert.deepEqual(await current(), ['Drawing B']);
  await life.order(event(13, [drawing('A')]));
  assert.deepEqual(await current(), ['Drawing A'], 'attached again later');
});
