import assert from 'node:assert/strict';
import { readApiSpec } from '../../src/http/api/spec.ts';
import { alive, type Body, type Life } from './support.ts';

/** The arguments of each operation that changes something; they are performed in this order. */
const CALLS: readonly (readonly [operationId: string, path: string, body?: object])[] = [
  ['acknowledgeAlert', '/alerts/ALERT/acknowledge'],
  ['muteAlert', '/alerts/ALERT/mute', { until: '2999-01-01T00:00:00Z' }],
  ['putConsumer', '/consumers/erp'],
  ['deleteConsumer', '/consumers/erp'],
  ['replayDelivery', '/deliveries/ID/replay'],
  ['replayDeliveries', '/deliveries/replay', { state: 'dead' }],
  ['retryDelivery', '/deliveries/ID/retry'],
  ['retryDeliveries', '/deliveries/retry', { connection: 'acme' }],
  ['dismissDelivery', '/deliveries/ID/dismiss', { note: 'asked for it again' }],
  ['dismissDeliveries', '/deliveries/dismiss', { all: true, note: 'old' }],
  ['reconcile', '/connections/acme/reconcile'],
  ['createKey', '/keys', { name: 'till', role: 'reader' }],
  ['deleteKey', '/keys/till'],
];
/** Ordinary acknowledgements and receipts are in the history of consumers and orders. */
const NOT_AUDITED = ['acknowledge', 'sendReceipts'];

const entries = async (life: Life): Promise<Body[]> => (await life.get('/audit?limit=1000')).data;

alive('every action that changes something is audited: who, with which key, what, and the result', async (life) => {
  const methods = new Map<string, string>();
  for (const operations of Object.values(readApiSpec().paths))
    for (const [method, operation] of Object.entries(operations)) if (method !== 'get') methods.set(String(operation.operationId), method);
  assert.deepEqual([...methods.keys()].sort(), [...CALLS.map(([id]) => id), ...NOT_AUDITED].sort());

  await life.hook({ body: '{"half":' });
  const dead: string = (await life.get('/deliveries?state=dead')).data[0].id;
  const [alert] = await life.until(
    'there is an alert',
    async () => (await life.get('/alerts')).data,
    (alerts) => alerts.length > 0,
  );
  for (const [operationId, path, body] of CALLS) {
    const before = (await entries(life)).length;
    const where = path.replace('ID', dead).replace('ALERT', encodeURIComponent(alert.id));
    if (operationId === 'dismissDelivery') await life.ended(dead);
    const answer = await life.call(String(methods.get(operationId)).toUpperCase(), where, body);
    const rows = await entries(life);
    // Between its replay and its retry it may or may not have failed again.
    if (operationId === 'retryDelivery' && answer.status === 409) continue;
    assert.ok(answer.status < 300, `${operationId} answered ${answer.status}`);
    assert.equal(rows.length, before + 1, `${operationId} answered ${answer.status}`);
    assert.deepEqual(
      [rows[0].who, rows[0].keyName, rows[0].via, rows[0].result, rows[0].requestId],
      ['erp', 'erp', 'api', 'done', answer.headers.get('x-request-id')],
      operationId,
    );
  }
  const rows = await entries(life);
  const actions = rows.map(({ action }) => action);
  for (const action of ['key.create', 'consumer.delete', 'delivery.replay', 'connection.reconcile', 'alert.mute'])
    assert.ok(actions.includes(action), `${action} in ${actions.join(' ')}`);
  const dismissal = rows.find(({ action }) => action === 'delivery.dismiss');
  assert.deepEqual([dismissal.target, dismissal.details.number], ['deliveries', 0]);
  assert.equal((await life.get('/audit?action=key.create')).data[0].target, 'key:till');
  assert.deepEqual((await life.get('/audit?who=nobody')).data, []);
  assert.ok(life.log.lines.some(({ event, fields }) => event === 'audit' && fields.action === 'key.delete' && fields.who === 'erp'));
});

alive('an ordinary acknowledgement is not audited, a forced one is', async (life) => {
  await life.call('PUT', '/consumers/erp');
  const before = (await entries(life)).length;
  await life.call('POST', '/consumers/erp/ack', { cursor: '0' });
  assert.equal((await entries(life)).length, before);
  await life.call('POST', '/consumers/erp/ack', { cursor: '0', force: true });
  assert.deepEqual(
    (await entries(life)).slice(0, 1).map(({ action, target }) => [action, target]),
    [['consumer.force_ack', 'consumer:erp']],
  );
});

alive('X-Request-Id and traceparent are propagated from a webhook to the call that it causes', async (life) => {
  const trace = '4bf92f3577b34da6a3ce929d0e0e4736';
  const headers = { 'X-Request-Id': 'gw-17', traceparent: `00-${trace}-00f067aa0ba902b7-01` };
  const answer = await life.hook({ method: 'GET', path: '/orders/no-such-order', headers });
  assert.deepEqual([answer.status, answer.headers.get('x-request-id')], [202, 'gw-17']);
  await life.until(
    'the platform is called with the id',
    async () => life.far.headers.filter((one) => one['x-request-id'] === 'gw-17'),
    (calls) => calls.length > 0,
  );
  const call = life.far.headers.find((one) => one['x-request-id'] === 'gw-17');
  assert.match(call?.traceparent ?? '', new RegExp(`^00-${trace}-(?!00f067aa0ba902b7)[0-9a-f]{16}-01$`));
  await life.until(
    'the delivery is processed with the id',
    async () => life.log.lines.filter(({ event, fields }) => event === 'delivery_processed' && fields.requestId === 'gw-17'),
    (lines) => lines.length > 0,
  );
  const own = await life.hook({ body: '{}', headers: { 'X-Request-Id': 'no good id\t' } });
  assert.match(own.headers.get('x-request-id') ?? '', /^[0-9a-f-]{36}$/);
});
