import assert from 'node:assert/strict';
import test from 'node:test';
import type { DeliveryCriteria } from '../../src/processing/replay.ts';
import { testOnEngines } from '../support/engines.ts';
import { change, delivery, insertRows } from './seed.ts';
import { OPERATOR, startApi, testWithApi } from './support.ts';

testWithApi('deliveries are listed newest first, and a single one includes headers, body and the changes it caused', async (api) => {
  await insertRows(api.db, 'deliveries', [
    delivery('d1', { conflict: true }),
    delivery('d2', { state: 'pending', finished_at: null, next_attempt_at: '2026-02-01T09:00:00.000Z', connection: 'fresh' }),
    delivery('d3', { state: 'dead', body: Buffer.from('/9g=', 'base64'), received_at: '2026-02-09T00:00:00.000Z' }),
  ]);
  await insertRows(api.db, 'changes', [change('o1', 1), change('o1', 2)]);
  const page = (await api.get('/deliveries?limit=2')).json;
  assert.deepEqual(
    page.data.map((row: { id: string; nextAttemptAt: string | null }) => [row.id, row.nextAttemptAt]),
    [
      ['d3', null],
      ['d2', '2026-02-01T09:00:00.000Z'],
    ],
  );
  const rest = (await api.get(`/deliveries?limit=2&after=${page.next}`)).json;
  assert.deepEqual([rest.data[0].id, rest.data[0].changes, rest.data[0].conflict, rest.next], ['d1', ['1', '2'], true, null]);
  assert.deepEqual(['body' in rest.data[0], 'headers' in rest.data[0]], [false, false]);
  const ids = async (query: string) => (await api.get(`/deliveries?${query}`)).json.data.map((row: { id: string }) => row.id);
  assert.deepEqual(await ids('state=dead'), ['d3']);
  assert.deepEqual(await ids('connection=fresh'), ['d2']);
  assert.deepEqual(await ids('subject=order:x-o1&from=2026-02-02T00:00:00Z'), ['d3']);
  const one = (await api.get('/deliveries/d1')).json;
  assert.deepEqual(
    [one.headers, one.body, one.bodyEncoding, one.changes],
    [{ authorization: '[redacted]' }, '{"a":1}', 'utf8', ['1', '2']],
  );
  assert.deepEqual((await api.get('/deliveries/d3')).json.bodyEncoding, 'base64');
  assert.equal((await api.get('/deliveries/none')).status, 404);
});

testOnEngines('a replay selects its deliveries by filter or by id, and can be previewed', async (_t, engine) => {
  const asked: [string, DeliveryCriteria, string][] = [];
  const preview = { deliveryId: 'd1', connection: 'acme', kind: 'order', externalId: 'x', action: 'updated', lines: ['0001'], diff: [] };
  const api = await startApi(engine, {
    replay: async (filter, fetch) => asked.push(['replay', filter, fetch]),
    previewReplay: async (filter, fetch) => {
      asked.push(['preview', filter, fetch]);
      return { number: 1, complete: true, changes: [preview], compared: 1, failures: [] };
    },
  });
  try {
    await insertRows(api.db, 'deliveries', [delivery('d1')]);
    const nothing = { ids: null, state: null, connection: null, subject: null, event: null, error: null, from: null, to: null };
    const all = await api.call('POST', '/deliveries/replay', { key: OPERATOR, body: { state: 'dead', from: '2026-02-01' } });
    assert.deepEqual([all.status, all.json], [202, { number: 1 }]);
    const shown = await api.call('POST', '/deliveries/replay', {
      body: { filter: { connection: 'acme' }, preview: true, fetch: 'recorded' },
    });
    assert.deepEqual([shown.status, shown.json], [200, { preview: true, number: 1, complete: true, changes: [preview] }]);
    assert.equal((await api.call('POST', '/deliveries/d1/replay')).status, 202);
    const empty = { body: '', headers: { 'Content-Type': 'application/x-www-form-urlencoded' } };
    assert.equal((await api.call('POST', '/deliveries/d1/replay', empty)).status, 202);
    assert.equal((await api.call('POST', '/deliveries/none/replay')).status, 404);
    assert.equal((await api.call('POST', '/deliveries/replay', { body: { filter: { state: 'lost' } } })).status, 400);
    assert.equal((await api.call('POST', '/deliveries/replay', { body: { from: 'yesterday' } })).status, 400);
    assert.deepEqual(asked, [
      ['replay', { ...nothing, state: 'dead', from: '2026-02-01T00:00:00.000Z' }, 'fresh'],
      ['preview', { ...nothing, connection: 'acme' }, 'recorded'],
      ['replay', { ids: ['d1'] }, 'fresh'],
      ['replay', { ids: ['d1'] }, 'fresh'],
    ]);
  } finally {
    await api.close();
  }
});

testOnEngines('connections show their health and coverage, and are reconciled on demand', async (_t, engine) => {
  const run = {
    id: 'run1',
    connection: 'acme',
    trigger: 'demand',
    state: 'running',
    started_at: '2026-03-01T12:00:00.000Z',
    progress: '{}',
  };
  const asked: (string | null | undefined)[] = [];
  const api = await startApi(engine, {
    reconcile: async (_connection, since) => {
      asked.push(since);
      if (asked.length > 1) return 'run1';
      await insertRows(api.db, 'reconcile_runs', [run]);
      return 'run1';
    },
    coverage: async () => [
      { from: null, to: '2026-02-01T00:00:00.000Z', state: 'unproven', reason: 'before the first run', runId: null },
      { from: '2026-02-01T00:00:00.000Z', to: null, state: 'open', reason: null, runId: null },
    ],
  });
  try {
    const list = (await api.get('/connections?limit=1')).json;
    assert.deepEqual([list.data[0].name, list.data[0].platform], ['acme', 'tradecloud']);
    assert.equal((await api.get(`/connections?after=${list.next}`)).json.data[0].name, 'fresh');
    assert.equal((await api.get('/connections/acme')).json.backlog, 2);
    assert.equal((await api.get('/connections/none')).status, 404);
    assert.equal((await api.get('/connections/acme/coverage')).json.data[0].state, 'unproven');
    const spans = (await api.get('/connections/acme/coverage?limit=1')).json;
    const after = (await api.get(`/connections/acme/coverage?limit=1&after=${spans.next}`)).json;
    assert.deepEqual([spans.data.length, after.data[0].state, after.next], [1, 'open', null]);
    const started = await api.call('POST', '/connections/acme/reconcile', { key: OPERATOR });
    assert.deepEqual([started.status, started.json.id, started.json.counts.seen], [202, 'run1', 0]);
    assert.equal(started.headers.get('location'), '/api/v1/reconcile-runs/run1');
    const from = (since: string) => api.call('POST', '/connections/acme/reconcile', { key: OPERATOR, body: { since } });
    assert.deepEqual([(await from('2026-02-01')).status, (await from('lately')).status], [202, 400]);
    assert.deepEqual(asked, [null, '2026-02-01T00:00:00.000Z']);
  } finally {
    await api.close();
  }
});

testWithApi('a reconcile run is returned with the gaps it found', async (api) => {
  const run = { connection: 'acme', trigger: 'schedule', state: 'done', started_at: '2026-03-01T12:00:00.000Z', seen: 3 };
  await insertRows(api.db, 'reconcile_runs', [
    { id: 'r0', ...run, state: 'failed', progress: '{"orders":{"watermark":"w0","candidate":"w1"}}' },
    { id: 'r1', ...run, progress: '{"orders":{"watermark":"w0","candidate":"w1"}}' },
    { id: 'r2', ...run, progress: '{"orders":{"watermark":"w1"},"shipments":{"watermark":"w2"}}' },
  ]);
  const gap = { run_id: 'r1', connection: 'acme', kind: 'order', external_id: 'x', at: '2026-03-01T12:00:01.000Z' };
  await insertRows(api.db, 'gaps', [{ ...gap, cause: 'rejected', details: '{"status":401}', change_seq: 7 }]);
  const list = (await api.get('/reconcile-runs?connection=acme&limit=1')).json;
  assert.deepEqual([list.data[0].id, list.data[0].watermark, 'gaps' in list.data[0]], ['r2', 'orders=w1 shipments=w2', false]);
  const one = (await api.get('/reconcile-runs/r1')).json;
  assert.equal(one.watermark, 'w1');
  assert.equal((await api.get('/reconcile-runs/r0')).json.watermark, 'w0', 'what did not end has not moved it');
  assert.deepEqual(one.gaps, [
    {
      kind: 'order',
      externalId: 'x',
      cause: 'rejected',
      details: { status: 401 },
      cursor: '7',
      platformAt: null,
      at: '2026-03-01T12:00:01.000Z',
    },
  ]);
  assert.equal((await api.get('/reconcile-runs/none')).status, 404);
});

testWithApi('drift is listed page by page, and is safe to open in a spreadsheet', async (api) => {
  const seen = {
    platform: 'tradecloud',
    first_seen_at: '2026-02-01T00:00:00.000Z',
    last_seen_at: '2026-02-02T00:00:00.000Z',
    count: 3,
    sample_id: 'd1',
  };
  await insertRows(api.db, 'drift', [
    { connection: 'acme', kind: 'field', path: '/a', name: '=cmd()', ...seen },
    { connection: 'acme', kind: 'value', path: '/b', name: 'New', ...seen },
  ]);
  const first = (await api.get('/drift?limit=1')).json;
  assert.deepEqual([first.data[0].name, first.data[0].count], ['=cmd()', 3]);
  const second = (await api.get(`/drift?limit=1&after=${first.next}`)).json;
  assert.deepEqual([second.data[0].name, second.next], ['New', null]);
  assert.equal((await api.get('/drift?kind=value')).json.data.length, 1);
  const csv = await api.get('/drift?limit=1', { headers: { Accept: 'text/csv' } });
  assert.match(csv.text, /,'=cmd\(\),/);
  assert.match(csv.headers.get('link') ?? '', /^<\/api\/v1\/drift\?limit=1&after=[\w-]+>; rel="next"$/);
});

test('the invariants are returned as they were last checked', async () => {
  const api = await startApi('sqlite');
  try {
    assert.equal((await api.get('/invariants')).json.violations, 0);
  } finally {
    await api.close();
  }
});
