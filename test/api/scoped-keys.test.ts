import assert from 'node:assert/strict';
import { readApiSpec } from '../../src/http/api/spec.ts';
import { createAlerts } from '../../src/monitoring/alerts.ts';
import { testOnEngines } from '../support/engines.ts';
import { change, delivery, document, entity, insertRows, line } from './seed.ts';
import { OPERATOR, READER, startApi, type TestApi, testWithApi } from './support.ts';

/** Everything that exists for a connection, with ids that show whose it is. */
async function seed(api: TestApi, connection: string): Promise<void> {
  const own = (id: string) => `${connection}-${id}`;
  const of = { connection };
  await insertRows(api.db, 'entities', [
    entity(own('order'), { ...of, number: own('number') }),
    entity(own('item'), { ...of, kind: 'item', external_id: own('x-item') }),
    entity(own('shipment'), { ...of, kind: 'shipment', external_id: own('x-shipment') }),
  ]);
  await insertRows(api.db, 'lines', [line(own('order'), own('line'), 0)]);
  await insertRows(api.db, 'changes', [change(own('order'), 1, { ...of, cause_id: own('delivery') })]);
  await insertRows(api.db, 'deliveries', [delivery(own('delivery'), { ...of, state: 'dead', error: `invalid_body: ${connection}` })]);
  await insertRows(api.db, 'documents', [document(own('document'), own('order'), of)]);
  const run = { trigger: 'schedule', state: 'done', started_at: '2026-03-01T12:00:00.000Z', progress: '{}' };
  await insertRows(api.db, 'reconcile_runs', [{ id: own('run'), ...of, ...run }]);
  const seen = { first_seen_at: '2026-02-01T00:00:00.000Z', last_seen_at: '2026-02-02T00:00:00.000Z', count: 1 };
  await insertRows(api.db, 'drift', [
    { ...of, platform: 'tradecloud', kind: 'event', path: '/e', name: own('event'), sample_id: own('delivery'), ...seen },
  ]);
  const desk = createAlerts({ ...api.ports.context, post: null });
  desk.open({ level: 'warning', code: 'silence', connection, text: own('alert'), details: {} });
  await desk.settled();
  await api.call('PUT', `/consumers/${own('erp')}`);
}

/** Paths of single resources, by operation: `OWN` stands for the connection. */
const SINGLE: Readonly<Record<string, string>> = {
  '/orders/{id}': '/orders/OWN-order',
  '/orders/{id}/history': '/orders/OWN-order/history',
  '/orders/by-external/{connection}/{externalId}': '/orders/by-external/OWN/x-OWN-order',
  '/shipments/{id}': '/shipments/OWN-shipment',
  '/shipments/{id}/history': '/shipments/OWN-shipment/history',
  '/shipments/by-external/{connection}/{externalId}': '/shipments/by-external/OWN/OWN-x-shipment',
  '/records/{id}': '/records/OWN-item',
  '/records/{id}/history': '/records/OWN-item/history',
  '/records/by-external/{connection}/{kind}/{externalId}': '/records/by-external/OWN/item/OWN-x-item',
  '/documents/{id}': '/documents/OWN-document',
  '/consumers/{name}': '/consumers/OWN-erp',
  '/consumers/{name}/changes': '/consumers/OWN-erp/changes',
  '/consumers/{name}/outstanding': '/consumers/OWN-erp/outstanding',
  '/consumers/{name}/receipts': '/consumers/OWN-erp/receipts',
  '/deliveries/{id}': '/deliveries/OWN-delivery',
  '/connections/{name}': '/connections/OWN',
  '/connections/{name}/coverage': '/connections/OWN/coverage',
  '/reconcile-runs/{id}': '/reconcile-runs/OWN-run',
};

testWithApi('a limited key sees only its connections and consumers, in every operation', async (api) => {
  for (const connection of ['acme', 'fresh']) await seed(api, connection);
  const wish = { name: 'shop', role: 'operator', connections: ['fresh'], consumers: ['fresh-erp'] };
  const made = await api.call('POST', '/keys', { body: wish });
  assert.deepEqual([made.status, made.json.connections, made.json.consumers], [201, ['fresh'], ['fresh-erp']]);
  const { key } = made.json;
  const other = /acme/;
  const described = Object.entries(readApiSpec().paths).flatMap(([path, methods]) => ('get' in methods ? [path] : []));
  const lists = described.filter((path) => !path.includes('{') && path !== '/changes/stream' && !path.startsWith('/search'));
  assert.ok(lists.length >= 12);
  for (const path of lists) {
    const all = await api.get(path);
    const seen = await api.get(path, { key });
    assert.equal(seen.status, 200, path);
    assert.doesNotMatch(seen.text, other, path);
    if (all.text.includes('fresh') && !path.startsWith('/audit')) assert.match(seen.text, /fresh/, `${path} shows its own`);
  }
  for (const [path, single] of Object.entries(SINGLE)) {
    assert.ok(described.includes(path), path);
    assert.equal((await api.get(single.replaceAll('OWN', 'fresh'), { key })).status, 200, path);
    assert.equal((await api.get(single.replaceAll('OWN', 'acme'), { key })).status, 404, path);
    assert.equal((await api.get(single.replaceAll('OWN', 'acme'))).status, 200, path);
  }
  assert.deepEqual((await api.get('/changes?connection=acme', { key })).json.data, []);
  const touched: [string, string, object?][] = [
    ['POST', '/deliveries/acme-delivery/replay'],
    ['POST', '/deliveries/acme-delivery/retry'],
    ['POST', '/deliveries/acme-delivery/dismiss'],
    ['POST', '/connections/acme/reconcile'],
    ['PUT', '/consumers/acme-erp'],
    ['DELETE', '/consumers/acme-erp'],
    ['POST', '/consumers/acme-erp/ack', { cursor: '0' }],
    ['POST', '/consumers/acme-erp/receipts', { receipts: [{ cursor: '1', status: 'booked' }] }],
  ];
  for (const [method, path, body] of touched)
    assert.equal((await api.call(method, path, { key, ...(body ? { body } : {}) })).status, 404, `${method} ${path}`);
  const foreign = { receipts: [{ cursor: '1', status: 'booked' }] };
  assert.equal((await api.call('POST', '/consumers/fresh-erp/receipts', { key, body: foreign })).status, 410, 'not an entry it can see');
  const [alert] = (await api.get('/alerts?connection=acme')).json.data;
  assert.equal((await api.call('POST', `/alerts/${encodeURIComponent(alert.id)}/acknowledge`, { key })).status, 404);
});

testWithApi('a limited key registers consumers of its own connections only', async (api) => {
  const wish = { name: 'shop', role: 'operator', connections: ['fresh'], consumers: ['shop', 'till'] };
  const { key } = (await api.call('POST', '/keys', { body: wish })).json;
  const put = async (name: string, body?: object) => api.call('PUT', `/consumers/${name}`, { key, ...(body ? { body } : {}) });
  assert.equal((await put('shop', { connection: ['fresh', 'acme'] })).status, 404);
  assert.deepEqual((await put('shop')).json.connection, ['fresh'], 'without a body');
  const notify = { url: 'http://127.0.0.1:9/', secret: `whsec_${Buffer.alloc(24).toString('base64')}` };
  assert.deepEqual((await put('till', { notify })).json.connection, ['fresh'], 'what it is notified of');
  assert.deepEqual((await put('till', { connection: 'fresh' })).json.connection, ['fresh']);
});

testOnEngines('bulk actions of a limited key apply only to its own deliveries', async (_t, engine) => {
  const named: unknown[] = [];
  const api = await startApi(engine, {
    replay: async ({ connections }) => named.push(connections),
    retry: async ({ connections }) => named.push(connections),
    dismiss: async ({ connections }) => named.push(connections),
  });
  try {
    const { key } = (await api.call('POST', '/keys', { body: { name: 'shop', role: 'operator', connections: ['fresh'] } })).json;
    for (const verb of ['replay', 'retry', 'dismiss']) await api.call('POST', `/deliveries/${verb}`, { key, body: { all: true } });
    assert.deepEqual(named, [['fresh'], ['fresh'], ['fresh']]);
    const replay = await api.call('POST', '/deliveries/replay', { key, body: {} });
    assert.equal(replay.json.code, 'criterion_needed', 'its limits are no criterion');
  } finally {
    await api.close();
  }
});

testWithApi('a reader can acknowledge and send receipts for the consumer of its own name, or those that its key names', async (api) => {
  for (const name of ['erp', 'till', 'r']) await api.call('PUT', `/consumers/${name}`);
  const makeKey = async (body: object) => (await api.call('POST', '/keys', { body })).json.key;
  const erp = await makeKey({ name: 'erp', role: 'reader' });
  const named = await makeKey({ name: 'both', role: 'reader', consumers: ['erp', 'till'] });
  const ack = async (key: string, name: string) =>
    (await api.call('POST', `/consumers/${name}/ack`, { key, body: { cursor: '0' } })).status;
  assert.deepEqual([await ack(erp, 'erp'), await ack(erp, 'till'), await ack(READER, 'r'), await ack(READER, 'erp')], [200, 403, 200, 403]);
  assert.deepEqual([await ack(named, 'erp'), await ack(named, 'till'), await ack(named, 'r')], [200, 200, 404]);
  assert.equal(await ack(OPERATOR, 'erp'), 200);
  const receipt = { receipts: [{ cursor: '1', status: 'booked' }] };
  assert.equal((await api.call('POST', '/consumers/till/receipts', { key: erp, body: receipt })).json.code, 'not_your_consumer');
});

testWithApi('only an admin sees other keys, and a limited admin cannot create a key with wider access', async (api) => {
  const wish = { name: 'boss', role: 'admin', connections: ['fresh'] };
  const { key } = (await api.call('POST', '/keys', { body: wish })).json;
  const names = async (as?: string) => (await api.get('/keys', as ? { key: as } : {})).json.data.map((one: { name: string }) => one.name);
  assert.deepEqual(await names(), ['a', 'boss', 'o', 'r']);
  assert.deepEqual([await names(READER), await names(OPERATOR), await names(key)], [['r'], ['o'], ['boss']]);
  const make = (body: object) => api.call('POST', '/keys', { key, body });
  assert.equal((await make({ name: 'wide', role: 'reader' })).json.code, 'beyond_scope');
  assert.equal((await make({ name: 'wide', role: 'reader', connections: ['acme', 'fresh'], consumers: ['boss'] })).status, 403);
  assert.equal((await make({ name: 'narrow', role: 'reader', connections: ['fresh'], consumers: ['boss'] })).status, 201);
  assert.deepEqual(await names(key), ['boss', 'narrow']);
  await api.call('POST', '/keys', { body: { name: 'free', role: 'reader' } });
  assert.equal((await api.call('DELETE', '/keys/free', { key })).status, 404);
  assert.equal((await api.call('DELETE', '/keys/narrow', { key })).status, 204);
  const audit = (await api.get('/audit', { key: READER })).text;
  assert.doesNotMatch(audit, /boss|narrow/);
});
