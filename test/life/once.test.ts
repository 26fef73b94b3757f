import assert from 'node:assert/strict';
import { objectAt, parseJson } from '../../src/domain/values/json.ts';
import { alive, BASIC, type Body } from './support.ts';
import { lineJson, orderId, orderJson, plainEvent } from './tradecloud.ts';

const AT = '2026-04-04T10:00:00.000Z';

alive('of two hundred identical concurrent requests one is accepted, and all answers name its delivery', async (life) => {
  const body = plainEvent('PO1', AT, 'same-1');
  const answers = await Promise.all(Array.from({ length: 200 }, () => life.hook({ body })));
  const statuses = answers.map((answer) => answer.status);
  assert.deepEqual([statuses.filter((one) => one === 202).length, statuses.filter((one) => one === 200).length], [1, 199]);
  const [id, ...others] = new Set(answers.map((answer) => answer.body.deliveryId));
  assert.deepEqual(others, []);
  const delivery = await life.ended(String(id));
  assert.equal(delivery.duplicates, 199);
  assert.equal((await life.feed()).length, 1);
});

alive('the same id with a different body is stored, applied and flagged on both deliveries', async (life) => {
  const first = await life.order(plainEvent('PO1', AT, 'twice', '5'));
  const other = plainEvent('PO1', '2026-04-04T11:00:00.000Z', 'twice', '6');
  const known = { status: 'duplicate', deliveryId: first.id, conflict: true };
  for (const answer of [await life.hook({ body: other }), await life.hook({ body: other })]) {
    assert.deepEqual([answer.status, answer.body], [200, known]);
  }
  const { data } = await life.get('/deliveries');
  assert.deepEqual(data.map((one: Body) => [one.conflict, one.duplicates]).sort(), [
    [true, 0],
    [true, 1],
  ]);
  const [kept] = data.filter(({ id }: Body) => id !== first.id);
  assert.equal((await life.ended(kept.id)).state, 'done');
  assert.deepEqual(
    (await life.feed()).map(({ version }) => version),
    [1, 2],
  );
  const back = await life.hook({ body: plainEvent('PO1', AT, 'twice', '5') });
  assert.deepEqual([back.status, back.body], [200, { status: 'duplicate', deliveryId: first.id }]);
});

alive('one event id on notifications about two orders is a conflict, and both are fetched', async (life) => {
  for (const number of ['PO1', 'PO2']) {
    life.far.orders.set(orderId(number), orderJson({ number, at: AT, lines: [] }));
  }
  const notify = (number: string) => life.hook({ method: 'GET', path: `/orders/${orderId(number)}`, headers: { 'X-Event-Id': 'shared' } });
  const first = await notify('PO1');
  assert.equal(first.status, 202);
  const other = await notify('PO2');
  assert.deepEqual([other.status, other.body], [200, { status: 'duplicate', deliveryId: first.body.deliveryId, conflict: true }]);
  for (const { id } of (await life.get('/deliveries')).data) assert.equal((await life.ended(id)).state, 'done');
  assert.deepEqual((await life.feed()).map(({ externalId }) => externalId).sort(), [orderId('PO1'), orderId('PO2')]);
});

alive('the same event serialized differently is a duplicate, not a conflict', async (life) => {
  const body = plainEvent('PO1', AT, 'anew');
  const { id } = await life.order(body);
  const members = Object.entries(objectAt(parseJson(body))).reverse();
  const again = await life.hook({ body: JSON.stringify(Object.fromEntries(members), null, 2) });
  assert.deepEqual([again.status, again.body], [200, { status: 'duplicate', deliveryId: id }]);
  const delivery = await life.get(`/deliveries/${id}`);
  assert.deepEqual([delivery.duplicates, delivery.conflict], [1, false]);
});

alive('X-Event-Id takes precedence over the message id as the event id, and without either the bytes identify it', async (life) => {
  const named = await life.hook({ body: plainEvent('PO1', AT, 'm-1'), headers: { 'X-Event-Id': 'e-1' } });
  assert.equal(named.status, 202);
  assert.equal((await life.ended(named.body.deliveryId)).eventId, 'e-1');
  assert.equal((await life.hook({ body: plainEvent('PO1', AT, 'm-1'), headers: { 'X-Event-Id': 'e-2' } })).status, 202);
  const repeated = await life.hook({ body: plainEvent('PO1', AT, 'm-1'), headers: { 'X-Event-Id': 'e-1' } });
  assert.deepEqual([repeated.status, repeated.body.deliveryId], [200, named.body.deliveryId]);
  const nameless = plainEvent('PO2', AT, '').replace(/,"meta":.*$/, '}');
  assert.deepEqual([(await life.hook({ body: nameless })).status, (await life.hook({ body: nameless })).status], [202, 200]);
  assert.equal((await life.hook({ body: `${nameless} ` })).status, 202);
});

alive('pending notifications about one order are merged, and all that wait are served by one fetch', async (life) => {
  const id = orderId('PO1');
  life.far.orders.set(id, orderJson({ number: 'PO1', at: AT, lines: [lineJson('PO1', { position: '0010', at: AT })] }));
  const path = `/orders/${id}`;
  const answers = await Promise.all(Array.from({ length: 30 }, () => life.hook({ method: 'GET', path })));
  const accepted = [...new Set(answers.map((answer) => String(answer.body.deliveryId)))];
  assert.ok(answers.every((answer) => answer.status === 200 || answer.status === 202));
  assert.equal(answers.filter((answer) => answer.status === 202).length, accepted.length);
  const named = await Promise.all(
    ['n-1', 'n-2', 'n-3'].map((event) => life.hook({ method: 'GET', path, headers: { 'X-Event-Id': event } })),
  );
  assert.deepEqual(
    named.map((answer) => answer.status),
    [202, 202, 202],
  );
  for (const delivery of [...accepted, ...named.map((answer) => answer.body.deliveryId)])
    assert.equal((await life.ended(delivery)).state, 'done');
  const total = await Promise.all(accepted.map((delivery) => life.get(`/deliveries/${delivery}`)));
  assert.equal(total.reduce((sum: number, one: Body) => sum + one.duplicates, 0) + accepted.length, 30);
  assert.ok(life.far.calls.filter((call) => call === `GET /order/${id}`).length <= accepted.length + 3);
  assert.equal((await life.feed()).length, 1);
  const later = await life.hook({ method: 'GET', path });
  assert.equal(later.status, 202, 'once it has been taken up, a notification is news again');
});

const token = async (url: string, secret = 'client-secret-33') => {
  const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: 'tradecloud', client_secret: secret });
  const response = await fetch(`${url}/oauth/token`, { method: 'POST', body });
  return { status: response.status, body: (await response.json()) as Body };
};

alive('all kinds of credentials are accepted, own tokens also after a restart, and all identify the same delivery', async (life) => {
  assert.equal((await token(life.url, 'wrong')).status, 401);
  const { body } = await token(life.url);
  assert.deepEqual([body.token_type, body.expires_in], ['Bearer', 3600]);
  const send = (authorization: string, id: string) =>
    life.hook({ body: plainEvent('PO1', AT, id), headers: { Authorization: authorization } });
  const ways = [BASIC, 'Bearer new-token-22', 'Bearer old-token-22', `Bearer ${body.access_token}`];
  for (const [position, way] of ways.entries()) assert.equal((await send(way, `w-${position}`)).status, 202);
  await life.restart();
  assert.deepEqual([(await send(ways[3] ?? '', 'w-4')).status, (await send(BASIC, 'w-3')).status], [202, 200]);
  const { credentials } = await life.get('/connections/acme');
  assert.ok(credentials.length >= 3 && !JSON.stringify(credentials).includes('token-22'));
});

alive('deliveries that were accepted before a stop are applied once after the start', async (life) => {
  const bodies = Array.from({ length: 60 }, (_, at) =>
    plainEvent(`PO${at % 20}`, `2026-04-04T10:00:${String(at).padStart(2, '0')}.000Z`, `st-${at}`, `${at + 1}`),
  );
  const sent = bodies.map((body) => life.hook({ body }).catch(() => null));
  await sent[0];
  await life.app.stop();
  const answers = await Promise.all(sent);
  await life.restart();
  for (const [at, answer] of answers.entries()) {
    if (answer !== null) assert.ok([202, 503].includes(answer.status), String(answer.status));
    if (answer?.status !== 202) assert.ok([200, 202].includes((await life.hook({ body: bodies[at] ?? '' })).status));
    else assert.equal((await life.ended(answer.body.deliveryId)).state, 'done');
  }
  const orders = await life.until(
    'all orders have their last quantity',
    () => life.get('/orders?include=lines'),
    ({ data }) => data.length === 20 && data.every((order: Body) => Number(order.lines[0].quantity) > 40),
  );
  for (const order of orders.data) {
    const { data } = await life.get(`/orders/${order.id}/history`);
    assert.deepEqual(
      data.map((one: Body) => one.version),
      Array.from({ length: order.version }, (_, at) => at + 1),
    );
  }
});
