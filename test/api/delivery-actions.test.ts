import assert from 'node:assert/strict';
import { createNotifier } from '../../src/domain/notifier.ts';
import { dismissDeliveries } from '../../src/processing/dismiss.ts';
import { retryDeliveries } from '../../src/processing/retry.ts';
import { testOnEngines } from '../support/engines.ts';
import { delivery, insertRows } from './seed.ts';
import { NOW, OPERATOR, READER, startApi, type TestApi } from './support.ts';

const MISSING = (id: string) => `remote_missing: GET https://api.example/orders/${id} answered 404`;
const failed = (id: string, changed = {}) => delivery(id, { state: 'dead', error: MISSING(id), ...changed });
const waiting = (id: string, changed = {}) =>
  delivery(id, { state: 'pending', finished_at: null, next_attempt_at: '2026-03-02T00:00:00.000Z', error: MISSING(id), ...changed });

const testActions = (name: string, body: (api: TestApi) => Promise<void>) =>
  testOnEngines(name, async (_t, engine) => {
    const api: TestApi = await startApi(engine, {
      retry: (criteria) => retryDeliveries({ ...api.ports.context, deliveryArrived: createNotifier() }, criteria),
      dismiss: (criteria, note) => dismissDeliveries(api.ports.context, criteria, note),
    });
    try {
      await body(api);
    } finally {
      await api.close();
    }
  });
const post = (api: TestApi, path: string, body?: object) => api.call('POST', path, { key: OPERATOR, ...(body ? { body } : {}) });
const states = async (api: TestApi) =>
  Object.fromEntries((await api.get('/deliveries')).json.data.map((row: { id: string; state: string }) => [row.id, row.state]));

testActions('pending deliveries are retried immediately, one by one or by criteria, and no others', async (api) => {
  await insertRows(api.db, 'deliveries', [waiting('w1'), waiting('w2', { connection: 'fresh' }), waiting('w3'), failed('f1')]);
  const due = async (id: string) => (await api.get(`/deliveries/${id}`)).json.nextAttemptAt;
  assert.deepEqual((await post(api, '/deliveries/retry', { connection: 'fresh', error: 'ANSWERED 404' })).json, { number: 1 });
  assert.deepEqual([await due('w1'), await due('w2')], ['2026-03-02T00:00:00.000Z', NOW]);
  const one = await post(api, '/deliveries/w1/retry');
  assert.deepEqual([one.status, one.json, await due('w1')], [202, { number: 1 }, NOW]);
  assert.deepEqual((await post(api, '/deliveries/retry')).json, { number: 3 });
  assert.equal(await due('w3'), NOW);
  const dead = await post(api, '/deliveries/f1/retry');
  assert.deepEqual([dead.status, dead.json.code], [409, 'not_waiting']);
  assert.equal((await post(api, '/deliveries/none/retry')).status, 404);
  assert.equal((await api.call('POST', '/deliveries/retry', { key: READER })).status, 403);
});

testActions(
  'a dismissed delivery becomes handled, with user, time and note; it leaves the causes and can still be replayed',
  async (api) => {
    await insertRows(api.db, 'deliveries', [failed('f1'), failed('f2'), failed('f3', { connection: 'fresh' }), delivery('d1')]);
    const nothing = await post(api, '/deliveries/dismiss', { note: 'all of it?' });
    assert.deepEqual([nothing.status, nothing.json.code], [400, 'criterion_needed']);
    const one = await post(api, '/deliveries/f1/dismiss', { note: 'The platform sent it again.' });
    assert.deepEqual([one.status, one.json], [200, { number: 1 }]);
    const handled = (await api.get('/deliveries/f1')).json;
    assert.deepEqual([handled.state, handled.handled], ['handled', { by: 'o', note: 'The platform sent it again.', at: NOW }]);
    assert.deepEqual((await post(api, '/deliveries/f1/dismiss')).json.code, 'not_dead');
    assert.deepEqual((await post(api, '/deliveries/dismiss', { connection: 'acme' })).json, { number: 1 });
    assert.deepEqual(await states(api), { f1: 'handled', f2: 'handled', f3: 'dead', d1: 'done' });
    assert.deepEqual(
      (await api.get('/deliveries/causes')).json.data.map((cause: { connections: string[] }) => cause.connections),
      [['fresh']],
    );
    assert.deepEqual((await post(api, '/deliveries/dismiss', { all: true })).json, { number: 1 });
    assert.deepEqual((await api.get('/deliveries?state=handled')).json.data.length, 3);
  },
);

testActions('a bulk replay requires a criterion, or an explicit "all"', async (api) => {
  const bare = await post(api, '/deliveries/replay', {});
  assert.deepEqual([bare.status, bare.json.code], [400, 'criterion_needed']);
  assert.equal((await post(api, '/deliveries/replay', { preview: true })).status, 400);
  assert.equal((await post(api, '/deliveries/replay', { all: true })).status, 202);
  assert.equal((await post(api, '/deliveries/replay', { from: '2026-02-01' })).status, 202);
});

testActions('causes group failures by fault and connection, and give the criteria that select their deliveries', async (api) => {
  await insertRows(api.db, 'deliveries', [
    failed('f1', { received_at: '2026-02-01T08:00:00.000Z' }),
    failed('f2', { received_at: '2026-02-03T08:00:00.000Z' }),
    waiting('w1', { received_at: '2026-02-02T08:00:00.000Z' }),
    failed('f3', { connection: 'fresh' }),
    failed('f4', { error: 'invalid_body: The body is not JSON.' }),
  ]);
  const seen = { first_seen_at: '2026-02-01T00:00:00.000Z', last_seen_at: '2026-02-02T00:00:00.000Z', count: 7, sample_id: 'd1' };
  await insertRows(api.db, 'drift', [
    { connection: 'acme', platform: 'tradecloud', kind: 'event', path: '/eventName', name: 'PaymentTermsChanged', ...seen },
    { connection: 'acme', platform: 'tradecloud', kind: 'field', path: '/x', name: 'x', ...seen },
  ]);
  const causes = (await api.get('/deliveries/causes')).json.data;
  assert.deepEqual(
    causes.map((cause: Record<string, unknown>) => [cause.code, cause.cause, cause.connections, cause.count, cause.dead, cause.waiting]),
    [
      ['unknown_event', 'unknown event', ['acme'], 7, 0, 0],
      ['remote_missing', 'remote_missing: GET … answered 404', ['acme'], 3, 2, 1],
      ['remote_missing', 'remote_missing: GET … answered 404', ['fresh'], 1, 1, 0],
      ['invalid_body', 'invalid_body: The body is not JSON.', ['acme'], 1, 1, 0],
    ],
  );
  const [unknown, missing] = causes;
  assert.equal(unknown.event, 'PaymentTermsChanged');
  assert.deepEqual([missing.first, missing.last, missing.sampleId], ['2026-02-01T08:00:00.000Z', '2026-02-03T08:00:00.000Z', 'f2']);
  const named = await api.get(`/deliveries?${new URLSearchParams(missing.criteria)}`);
  assert.deepEqual(named.json.data.map((row: { id: string }) => row.id).sort(), ['f1', 'f2', 'w1']);
  assert.equal((await api.get('/deliveries/causes?connection=fresh')).json.data.length, 1);
});

testActions('deliveries are found by time, and by part of the event, the error or the body', async (api) => {
  await insertRows(api.db, 'deliveries', [
    delivery('d1', { body: Buffer.from('{"number":"PO-1","city":"Zürich"}'), event_type: 'OrderAccepted' }),
    failed('d2', { received_at: '2026-02-02T08:00:00.000Z', error: 'remote_unavailable: 100 % of calls_failed', body: null }),
  ]);
  const ids = async (query: Record<string, string>) =>
    (await api.get(`/deliveries?${new URLSearchParams(query)}`)).json.data.map((row: { id: string }) => row.id);
  assert.deepEqual(await ids({ event: 'accept' }), ['d1']);
  assert.deepEqual(await ids({ text: 'Zürich' }), ['d1']);
  assert.deepEqual(await ids({ text: 'zürich' }), []);
  await insertRows(api.db, 'deliveries', [delivery('d3', { seq: 30_000 })]);
  const newest = (await api.get('/deliveries?text=PO-1')).json;
  assert.deepEqual([newest.data.length, typeof newest.next], [0, 'string'], 'a page looks through a part of the bodies');
  const rest = (await api.get(`/deliveries?text=PO-1&after=${newest.next}`)).json;
  assert.deepEqual([rest.data.map((row: { id: string }) => row.id), rest.next], [['d1'], null]);
  assert.deepEqual(await ids({ error: '100 % of calls_f' }), ['d2']);
  assert.deepEqual(await ids({ error: '100_%' }), [], 'wildcards of SQL are plain text');
  assert.deepEqual(await ids({ from: '2026-02-02', to: '2026-02-03' }), ['d2']);
});
