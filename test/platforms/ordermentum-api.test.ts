import assert from 'node:assert/strict';
import test from 'node:test';
import { subjectText } from '../../src/domain/entities/entity.ts';
import { RemoteMissing } from '../../src/domain/errors.ts';
import type { Simulation } from '../../src/platforms/contract/simulation.ts';
import { ordermentum } from '../../src/platforms/ordermentum/index.ts';
import { remoteOnFakeTime } from '../remote/remote-server.ts';
import { against, failure, listOf, order, readAll, simulated } from './ordermentum-support.ts';

test('without api settings there is no API client', () => {
  assert.equal(ordermentum.connect(ordermentum.settings.parse({ webhook: {} }), remoteOnFakeTime().remote), null);
});

test('each kind is fetched from its own detail, with the key and as it was returned', async (t) => {
  const { api, calls } = await against(t, ({ path }) => ({ body: `{"id":"a/b","path":"${path}","total":1.10}` }));
  for (const kind of ['order', 'invoice', 'credit-note', 'purchaser'] as const) {
    const { text, partial } = await api.fetch({ kind, externalId: 'a/b' });
    assert.equal(partial, false);
    assert.match(text, /"total":1\.10/);
  }
  assert.deepEqual(
    calls.map((call) => `${call.path} ${call.headers['x-api-key']}`),
    ['/v1/orders/a%2Fb key-1', '/v1/invoices/a%2Fb key-1', '/v1/credit-notes/a%2Fb key-1', '/v1/purchasers/a%2Fb key-1'],
  );
});

test('after a refused key the next one is used, and stays in use', async (t) => {
  const { api, calls } = await against(t, ({ headers }) => (headers['x-api-key'] === 'new' ? { body: { id: 'o' } } : { status: 401 }), [
    'old',
    'new',
  ]);
  await api.fetch(order('o'));
  await api.fetch(order('o'));
  assert.deepEqual(
    calls.map((call) => call.headers['x-api-key']),
    ['old', 'new', 'new'],
  );
});

test('concurrent calls that are refused switch the key only once', async (t) => {
  const { api } = await against(
    t,
    ({ headers, path }) => (headers['x-api-key'] === 'new' ? { body: { id: path.at(-1) } } : { status: 401 }),
    ['old', 'new'],
  );
  const fetched = await Promise.all([api.fetch(order('a')), api.fetch(order('b')), api.fetch(order('c'))]);
  assert.equal(fetched.length, 3);
});

test('a redirect is not followed with the key', async (t) => {
  const { api, calls } = await against(t, () => ({ status: 302, headers: { location: '/elsewhere' } }));
  await assert.rejects(api.fetch(order('o')), failure({ status: 302 }));
  assert.equal(calls.length, 1);
});

test('an unknown order is missing, a 429 keeps its Retry-After, and a response that is not JSON is a failure', async (t) => {
  const { api } = await against(t, ({ path }) => {
    if (path.endsWith('gone')) return { status: 404 };
    return path.endsWith('many') ? { status: 429, headers: { 'retry-after': '60' } } : { body: '<html>' };
  });
  await assert.rejects(api.fetch(order('gone')), RemoteMissing);
  await assert.rejects(api.fetch(order('page')), failure({ code: 'remote_unreadable' }));
  await assert.rejects(api.fetch(order('many')), failure({ status: 429, retryAfterMs: 60_000 }));
});

test('the 25th order within a minute waits, invoices and the list continue, and the list serves the rest', async (t) => {
  const rows = Array.from({ length: 60 }, (_, n) => ({ id: `o-${n}`, status: 'Placed', updatedAt: '2026-03-01T12:00:00Z', total: n }));
  const { api, calls } = await against(t, ({ path, query }) =>
    path === '/v2/orders' ? listOf(rows, query) : { body: { id: path.split('/').at(-1) } },
  );
  for (let n = 0; n < 24; n++) await api.fetch(order(`o-${n}`));
  await assert.rejects(api.fetch(order('o-24')), failure({ code: 'rate_limited_here' }));
  await api.fetch({ kind: 'invoice', externalId: 'i-1' });
  const waiting = Array.from({ length: 36 }, (_, n) => order(`o-${n + 24}`));
  const summaries = await api.fetchSummaries?.([...waiting, { kind: 'invoice', externalId: 'i-1' }]);
  assert.deepEqual([...(summaries?.keys() ?? [])].sort(), waiting.map(subjectText).sort());
  assert.equal(calls.filter((call) => call.path === '/v2/orders').length, 2);
  assert.equal(calls.filter((call) => call.path.startsWith('/v1/orders/')).length, 24);
});

test('a search for summaries without a match among the latest orders searches all orders once, and not again for ten minutes', async (t) => {
  const { api, calls, time } = await against(t, ({ query }) => ({
    body: { data: 'updatedAt[gte]' in query ? [] : [{ id: 'other', updatedAt: '2019-01-01T00:00:00Z' }] },
  }));
  const wide = () => calls.filter((call) => !('updatedAt[gte]' in call.query)).length;
  await api.fetchSummaries?.([order('o-1')]);
  await api.fetchSummaries?.([order('o-1')]);
  assert.equal(wide(), 1);
  time.advance(11 * 60_000);
  await api.fetchSummaries?.([order('o-1')]);
  assert.equal(wide(), 2);
});

test('check distinguishes a valid key from a refused one, and detects a wrong clock', async (t) => {
  const good = await against(t, () => ({ headers: { date: 'Sun, 01 Mar 2026 12:30:00 GMT' }, body: { data: [] } }));
  assert.deepEqual(
    (await good.api.check()).map(({ what, ok }) => [what, ok]),
    [
      ['api', true],
      ['clock', false],
    ],
  );
  const bad = await against(t, () => ({ status: 401, body: { error: 'API key required' } }), 'wrong-key');
  const findings = await bad.api.check();
  assert.deepEqual(
    findings.map(({ what, ok }) => [what, ok]),
    [['api', false]],
  );
  assert.doesNotMatch(JSON.stringify(findings), /wrong-key/);
});

test('the simulated API requires the key, enforces its limits and returns what the simulated webhooks name', async (t) => {
  let simulation: Simulation | null = null;
  const { api, time, settings } = await against(t, (call) => simulation?.answer(call) ?? { status: 500 });
  let ids = 0;
  simulation = simulated(
    settings,
    () => `id-${++ids}`,
    () => time.remote.now(),
  );
  const sent = Array.from({ length: 30 }, () => simulation?.emit('order_created')[0]?.subject);
  for (const subject of sent.slice(0, 24)) assert.ok(subject && (await api.fetch(subject)).text.includes(subject.externalId));
  const rows = await readAll(api, 'orders', null);
  assert.equal(rows.records.length, 30);
  const refused = simulation.answer({ method: 'GET', path: '/v2/orders', query: {}, headers: { 'x-api-key': 'no' }, body: '' });
  assert.equal(refused.status, 401);
  const direct = simulation.answer({
    method: 'GET',
    path: `/v1/orders/${sent[0]?.externalId}`,
    query: {},
    headers: { 'x-api-key': 'key-1' },
    body: '',
  });
  assert.deepEqual([direct.status, direct.headers?.['retry-after']], [429, '60']);
});
