import assert from 'node:assert/strict';
import type { EntityReport } from '../../src/domain/entities/entity.ts';
import { applyReports } from '../../src/processing/apply-reports.ts';
import { change, content, entity, insertRows } from './seed.ts';
import { READER, type TestApi, testWithApi } from './support.ts';

const header = (status: string) => ({ number: 'PO7', status, currency: 'EUR', buyer: null, supplier: null, total: null, orderedAt: null });
const line = (externalId: string, quantity: string, day: number) => ({
  externalId,
  lastUpdatedAt: `2026-02-0${day}T00:00:00.000Z`,
  content: content(externalId, quantity),
  source: { quantity },
});
const report = (day: number, told: Partial<EntityReport>): EntityReport => ({
  kind: 'order',
  externalId: 'b-PO7',
  lastUpdatedAt: `2026-02-0${day}T00:00:00.000Z`,
  header: header('Issued'),
  lines: [],
  linesComplete: false,
  documents: null,
  deleted: false,
  source: null,
  sourceLines: null,
  ...told,
});

let ids = 0;
async function apply(api: TestApi, reports: readonly EntityReport[]): Promise<void> {
  const cause = { type: 'delivery' as const, id: 'd1', eventType: null };
  for (const one of reports) {
    const application = { connection: 'acme', platform: 'tradecloud', report: one, cause, receivedAt: null };
    const tools = { now: one.lastUpdatedAt ?? '', makeId: () => `id${++ids}` };
    await api.db.write((sql) => applyReports(sql, [application], tools));
  }
}

testWithApi('an entry is returned with the state it produced, or with the whole entity as it is now', async (api) => {
  await apply(api, [
    report(1, { lines: [line('L1', '10', 1), line('L2', '5', 1)] }),
    report(2, { lines: [line('L1', '8', 2)] }),
    report(3, { header: header('Confirmed') }),
    report(4, { header: header('Confirmed'), lines: [line('L2', '6', 4)] }),
  ]);
  await apply(api, [report(5, { kind: 'item', externalId: 'I-1' })]);
  const plain = (await api.get('/changes')).json.data;
  assert.deepEqual(plain[0].diff.find((one: { path: string }) => one.path === '/lines/L1').after.externalId, 'L1');
  const { data, next } = (await api.get('/changes?include=state&limit=5')).json;
  const brief = data.map(
    ({
      version,
      state,
    }: {
      version: number;
      state: { status: string; version: number; lines?: { externalId: string; quantity: string }[] };
    }) => [version, state.version, state.status, state.lines?.map((one) => `${one.externalId} ${one.quantity}`)],
  );
  assert.deepEqual(brief, [
    [1, 1, 'Issued', ['L1 10', 'L2 5']],
    [2, 2, 'Issued', ['L1 8']],
    [3, 3, 'Confirmed', []],
    [4, 4, 'Confirmed', ['L2 6']],
    [1, 1, 'Issued', undefined],
  ]);
  const [third] = (await api.get(`/changes?include=state&after=${data[1].cursor}&limit=1`)).json.data;
  const { lines: _lines, ...then } = third.state;
  const { lines: _all, documents: _documents, ...shown } = (await api.get(`/orders/${third.id}?asOf=${third.cursor}`)).json;
  assert.deepEqual(then, shown, 'the header as of this entry');
  const whole = (await api.get('/changes?include=entity,state&kind=order&limit=1')).json.data[0];
  assert.deepEqual(whole.entity, (await api.get(`/orders/${whole.id}`)).json);
  assert.equal(whole.state.version, 1);
  await api.call('PUT', '/consumers/erp');
  assert.equal((await api.get('/consumers/erp/changes?include=entity&limit=1')).json.data[0].entity.version, 4);
  assert.equal((await api.get('/changes?include=lines')).status, 400);
  const stream = await fetch(`${api.url}/api/v1/changes/stream?include=state`, { headers: { Authorization: `Bearer ${READER}` } });
  const events = stream.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (!text.includes(`id: ${next}\n`)) text += (await events?.read())?.value ?? '';
  assert.match(text, /"state":\{[^\n]*"quantity":"8"/);
  await events?.cancel();
  const states = 'update changes set state = \'{"header":null,"lastUpdatedAt":null,"deletedAt":null,"lines":{}}\' where seq = 1';
  await api.db.write((sql) => sql.all(states));
  assert.equal(
    (await api.get('/changes?include=state&after=0&limit=2')).json.data[1].state,
    null,
    'the change that set the header is gone',
  );
});

testWithApi('orders, shipments and records are read by up to a hundred ids at once', async (api) => {
  await insertRows(api.db, 'entities', [entity('o1'), entity('o2'), entity('o3'), entity('s1', { kind: 'shipment' })]);
  const idsOf = async (path: string) => (await api.get(path)).json.data.map((row: { id: string }) => row.id);
  assert.deepEqual(await idsOf('/orders?id=o3,o1,s1,nothing&include=lines'), ['o1', 'o3']);
  assert.deepEqual(await idsOf('/shipments?id=s1'), ['s1']);
  assert.deepEqual(await idsOf('/records?id=o1'), []);
  const many = Array.from({ length: 101 }, (_, n) => `o${n}`);
  assert.deepEqual(await idsOf(`/orders?id=${many.slice(0, 100).join(',')}`), ['o1', 'o2', 'o3']);
  assert.equal((await api.get(`/orders?id=${many.join(',')}`)).status, 400);
});

testWithApi('a page ends at 4 MiB and next continues there, also compressed and as CSV', async (api) => {
  const diff = (n: number) => JSON.stringify([{ path: '/source', before: null, after: `${n}${'x'.repeat(900_000)}` }]);
  await insertRows(
    api.db,
    'changes',
    [1, 2, 3, 4, 5, 6].map((n) => change('o1', n, { diff: diff(n) })),
  );
  await insertRows(api.db, 'entities', [
    entity('o1', { version: 6, source: `{"a":"${'y'.repeat(3_000_000)}"}` }),
    entity('o2', { source: `{"b":"${'z'.repeat(3_000_000)}"}` }),
  ]);
  const read: string[] = [];
  for (let [after, pages] = ['0', 0]; pages < 3; pages++) {
    const { json, headers } = await api.get(`/changes?limit=1000&after=${after}`);
    assert.equal(headers.get('content-encoding'), pages < 2 ? 'gzip' : null);
    read.push(...json.data.map((entry: { cursor: string; diff: { after: string }[] }) => `${entry.cursor}=${entry.diff[0]?.after[0]}`));
    after = json.next;
    if (pages === 0) assert.equal(json.data.length, 4);
  }
  assert.deepEqual(read, ['1=1', '2=2', '3=3', '4=4', '5=5', '6=6']);
  const csv = await api.get('/changes.csv?limit=1000');
  assert.match(csv.headers.get('content-type') ?? '', /^text\/csv/);
  assert.equal(csv.text.trim().split('\r\n').length, 5);
  assert.match(csv.headers.get('link') ?? '', /^<\/api\/v1\/changes\.csv\?limit=1000&after=4>/);
  const orders = (await api.get('/orders?include=source')).json;
  assert.deepEqual([orders.data.length, orders.next === null], [1, false]);
  assert.deepEqual((await api.get(`/orders?include=source&after=${orders.next}`)).json.data[0].id, 'o2');
  const history = (await api.get('/orders/o1/history?limit=5')).json;
  assert.deepEqual([history.data.length, history.next, history.data[0].consumers], [4, '4', []]);
  const head = await api.call('HEAD', '/changes?limit=1000');
  assert.deepEqual([head.status, head.text], [200, '']);
});

testWithApi("the history of an order shows each consumer's result for each change", async (api) => {
  await insertRows(api.db, 'entities', [entity('o1', { version: 3 })]);
  await insertRows(
    api.db,
    'changes',
    [1, 2, 3].map((version) => change('o1', version)),
  );
  await api.call('PUT', '/consumers/erp', { body: { from: '1' } });
  await api.call('PUT', '/consumers/parcels', { body: { kind: 'shipment' } });
  const now = '2026-03-01T12:00:00.000Z';
  await api.get('/consumers/erp/changes?limit=1');
  await api.call('POST', '/consumers/erp/ack', { body: { cursor: '2' } });
  await api.call('POST', '/consumers/erp/receipts', { body: { receipts: [{ cursor: '2', status: 'booked', reference: 'B-1' }] } });
  const told = (await api.get('/orders/o1/history')).json.data.map((entry: { consumers: object[] }) => entry.consumers);
  const receipt = { status: 'booked', reference: 'B-1', reason: null, at: now };
  assert.deepEqual(told, [
    [],
    [{ consumer: 'erp', readAt: now, acknowledgedAt: now, receipt }],
    [{ consumer: 'erp', readAt: null, acknowledgedAt: null, receipt: null }],
  ]);
});
