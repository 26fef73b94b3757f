import assert from 'node:assert/strict';
import { request } from 'node:http';
import { alive, BASIC, type Life } from './support.ts';
import { lineJson, orderId, orderJson, plainEvent } from './tradecloud.ts';

const AT = '2026-04-04T10:00:00.000Z';
const LONGEST = 1000;

/** Sends the path unchanged: `fetch` would resolve dot segments. */
function notify({ url }: Life, path: string): Promise<{ status: number; body: { code?: string; deliveryId?: string } }> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const sent = request({ hostname, port, path: `/webhooks/acme${path}`, headers: { Authorization: BASIC } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(Buffer.concat(chunks).toString()) }));
    });
    sent.on('error', reject).end();
  });
}

alive('an id that is a dot segment is never part of a call, and an id of a thousand characters is accepted', async (life) => {
  for (const path of ['/orders/..', '/orders/%2e%2E', '/orders?orderId=..', '/shipments/.', '/shipments?shipmentId=%2e']) {
    const { status, body } = await notify(life, path);
    assert.deepEqual([status, body.code], [400, 'invalid_id'], path);
  }
  assert.deepEqual([(await life.get('/deliveries')).data, life.far.calls], [[], []]);
  // Nothing has to be fetched for it.
  assert.equal((await life.order(plainEvent('PO1', AT, 'dots').replace(orderId('PO1'), '..'))).state, 'done');

  // Nothing that an index could pack.
  const letter = (at: number) => String.fromCharCode(0x100 + ((at * at * 7919 + at * 104_729) % 1500));
  const id = Array.from({ length: LONGEST }, (_, at) => letter(at)).join('');
  life.far.orders.set(id, orderJson({ number: 'PO9', at: AT, lines: [] }).replace(orderId('PO9'), id));
  const { status, body } = await notify(life, `/orders/${encodeURIComponent(id)}`);
  assert.equal(status, 202);
  assert.equal((await life.ended(String(body.deliveryId))).state, 'done');
  assert.equal((await life.get(`/orders/by-external/acme/${encodeURIComponent(id)}`)).number, 'PO9');
});

alive('a longer id is rejected and stored, and a delivery that contains one is dead immediately', async (life) => {
  const long = 'x'.repeat(3500);
  for (const answer of [
    await notify(life, `/orders/${long}`),
    await life.hook({ body: plainEvent('PO1', AT, 'long').replace(orderId('PO1'), long) }),
    await life.hook({ body: plainEvent('PO1', AT, long) }),
  ]) {
    assert.deepEqual([answer.status, answer.body.code], [400, 'invalid_body']);
  }
  assert.equal((await life.get('/deliveries?state=dead')).data.length, 3);
  const lines = [lineJson('PO2', { position: long, at: AT })];
  const wide = orderJson({ number: 'PO2', at: AT, lines });
  life.far.orders.set(orderId('PO2'), wide);
  const { body } = await notify(life, `/orders/${orderId('PO2')}`);
  const { state, error, attempts } = await life.ended(String(body.deliveryId));
  assert.deepEqual([state, attempts.length], ['dead', 1]);
  assert.match(error, /^id_too_long: /);
});

alive('characters that PostgreSQL cannot store are searched for, and stored, like any others', async (life) => {
  const body = plainEvent('PO9', '2026-04-05T10:00:00.000Z', 'nul-1').replace('"Bearing A-1"', '"Bearing \\u0000\\ud800"');
  assert.equal((await life.order(body)).state, 'done');
  const odd = '\0\ud800';
  assert.deepEqual((await life.call('POST', '/deliveries/replay', { subject: odd })).body, { number: 0 });
  assert.equal((await life.hook({ body: '{"half":' })).status, 400);
  assert.equal((await life.call('POST', '/deliveries/dismiss', { state: 'dead', note: odd })).status, 200);
  const [{ id }] = (await life.get('/deliveries?state=handled')).data;
  assert.match(JSON.stringify(await life.get(`/deliveries/${id}`)), /\ufffd\ufffd/);
  const headers = { Authorization: `Basic ${Buffer.from('erp:erp-key-0123456789').toString('base64')}` };
  for (const path of [
    '/search?q=%00',
    '/drift?kind=%00',
    '/orders?q=%00',
    '/deliveries?text=%00',
    '/documents?connection=%00',
    '/audit?who=%00',
  ])
    assert.ok((await fetch(`${life.url}/console${path}`, { headers })).status < 500, path);
});

alive('a response about another order is not applied, neither to that order nor to the requested one', async (life) => {
  life.far.orders.set(orderId('PO1'), orderJson({ number: 'PO2', at: AT, lines: [] }));
  const { body } = await notify(life, `/orders/${orderId('PO1')}`);
  const failed = await life.until(
    'the fetch has failed',
    () => life.get(`/deliveries/${body.deliveryId}`),
    ({ error }) => error !== null,
  );
  assert.match(failed.error, /^remote_unreadable: /);
  assert.deepEqual([failed.state, await life.feed()], ['pending', []]);
});
