import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { testOnEngines } from '../support/engines.ts';
import { change, entity, insertRows } from './seed.ts';
import { READER, startApi, testWithApi } from './support.ts';

const cursors = (page: { data: { cursor: string }[] }) => page.data.map((entry) => entry.cursor);

testWithApi('the feed is read page by page, and each page says where the next one starts', async (api) => {
  assert.deepEqual((await api.get('/changes')).json, { data: [], next: '0' });
  await insertRows(api.db, 'changes', [
    change('o1', 1, { change_id: 'c1', external_id: 'quote " and \\ and ü' }),
    change('s1', 1, { kind: 'shipment' }),
    change('o2', 1, { connection: 'fresh', event_type: null, cause_type: 'reconcile' }),
  ]);
  const first = (await api.get('/changes?limit=2')).json;
  assert.deepEqual([cursors(first), first.next], [['1-c1', '2'], '2']);
  assert.deepEqual(first.data[0], {
    cursor: '1-c1',
    changeId: 'c1',
    at: '2026-02-01T08:00:01.000Z',
    connection: 'acme',
    kind: 'order',
    action: 'created',
    id: 'o1',
    externalId: 'quote " and \\ and ü',
    version: 1,
    lines: ['0001'],
    diff: [{ path: '/lines/0001/quantity', before: '10', after: '8' }],
    cause: { type: 'delivery', id: 'd1', eventType: 'OrderIssued' },
  });
  assert.deepEqual(cursors((await api.get('/changes?after=2')).json), ['3']);
  assert.deepEqual((await api.get('/changes?after=3')).json, { data: [], next: '3' });
  assert.deepEqual(cursors((await api.get('/changes?kind=shipment')).json), ['2']);
  assert.deepEqual(cursors((await api.get('/changes?kind=shipment,order&connection=acme')).json), ['1-c1', '2']);
  assert.deepEqual((await api.get('/changes?kind=item&after=1')).json, { data: [], next: '3' }, 'past what the filter leaves out');
  const csv = await api.get('/changes', { headers: { Accept: 'text/csv' } });
  assert.equal(csv.text.trim().split('\r\n').length, 4);
});

testWithApi('texts of the platforms are escaped in an entry as everywhere else', async (api) => {
  const odd = `${Array.from({ length: 0x1f }, (_, code) => String.fromCharCode(code + 1)).join('')}"\\/'\u007f\u0080\u2028\ufeff\ufffd é 漢 😀`;
  await insertRows(api.db, 'changes', [change('o1', 1, { external_id: odd, cause_id: `run ${odd}`, event_type: `event ${odd}` })]);
  const { text, json } = await api.get('/changes');
  const [entry] = json.data;
  assert.deepEqual([entry.externalId, entry.cause.id, entry.cause.eventType], [odd, `run ${odd}`, `event ${odd}`]);
  assert.equal(text, JSON.stringify(json));
});

testWithApi('a long poll is answered as soon as there is an entry, and when the server stops', async (api) => {
  const waiting = api.get('/changes?wait=60&kind=order');
  await insertRows(api.db, 'changes', [change('s1', 1, { kind: 'shipment' }), change('o1', 1)]);
  api.feedChanged.notify();
  assert.deepEqual(cursors((await waiting).json), ['2']);
  const last = api.get('/changes?wait=60&after=latest');
  await api.get('/changes?after=2');
  api.stopServer();
  assert.deepEqual((await last).json, { data: [], next: '2' });
});

testWithApi('the feed is streamed as server-sent events and resumes after the last one received', async (api) => {
  await insertRows(api.db, 'changes', [change('o1', 1), change('o1', 2)]);
  const all = await openStream(api.url, '');
  assert.deepEqual(
    (await all.take(2)).map((event) => event.id),
    ['1', '2'],
  );
  await insertRows(api.db, 'changes', [change('o1', 3)]);
  api.feedChanged.notify();
  const [third] = await all.take(1);
  assert.deepEqual([third?.id, JSON.parse(third?.data ?? '').version], ['3', 3]);
  const resumed = await openStream(api.url, '?after=0', { 'Last-Event-ID': '2' });
  assert.deepEqual(
    (await resumed.take(1)).map((event) => event.id),
    ['3'],
  );
  const from = await openStream(api.url, '?after=1');
  assert.deepEqual(
    (await from.take(2)).map((event) => event.id),
    ['2', '3'],
  );
  assert.equal((await api.get('/changes/stream', { headers: { 'Last-Event-ID': 'x' } })).status, 400);
  api.stopServer();
  for (const stream of [all, resumed, from]) assert.deepEqual(await stream.take(1), []);
});

testWithApi('a position that the feed does not have is answered with the positions to continue from, wherever it is used', async (api) => {
  await insertRows(api.db, 'entities', [entity('o1', { version: 3 })]);
  await insertRows(
    api.db,
    'changes',
    [1, 2, 3].map((version) => change('o1', version, { change_id: `before-0000000${version}` })),
  );
  await api.call('PUT', '/consumers/erp');
  const told = cursors((await api.get('/consumers/erp/changes')).json);
  assert.deepEqual(told, ['1-00000001', '2-00000002', '3-00000003']);
  const [first = '', , last = ''] = told;
  // A backup is restored that contains two of the three, and the feed continues with a different third.
  await api.db.write((sql) => sql.all('delete from changes where seq = 3'));
  await insertRows(api.db, 'changes', [change('o1', 3, { seq: 3, change_id: 'after-00000009' })]);
  const latest = '3-00000009';
  const ack = (cursor: string, force = false) => api.call('POST', '/consumers/erp/ack', { body: { cursor, force } });
  const receipt = (cursor: string) => api.call('POST', '/consumers/erp/receipts', { body: { receipts: [{ cursor, status: 'booked' }] } });
  const uses = [
    (cursor: string) => api.get(`/changes?after=${cursor}`),
    (cursor: string) => api.get(`/changes/stream?after=${cursor}`),
    (cursor: string) => api.get('/changes/stream', { headers: { 'Last-Event-ID': cursor } }),
    (cursor: string) => api.get(`/orders/o1?asOf=${cursor}`),
    (cursor: string) => api.get(`/orders/o1/history?after=${cursor}`),
    (cursor: string) => api.call('PUT', '/consumers/other', { body: { from: cursor } }),
    (cursor: string) => ack(cursor, true),
    receipt,
  ];
  for (const [at, use] of uses.entries()) {
    for (const gone of [last, '4-00000009', '99999999', '3-0000000a']) {
      const { status, json } = await use(gone);
      assert.deepEqual([status, json.code, json.oldest, json.latest], [410, 'feed_diverged', '0', latest], `use ${at} of ${gone}`);
    }
    for (const unreadable of ['x', '1-', '-1', '01', '1-00000001-2', '1 or 1'])
      assert.equal((await use(encodeURIComponent(unreadable))).status, 400, `use ${at} of ${unreadable}`);
  }
  assert.deepEqual(cursors((await api.get('/changes?after=0')).json), ['1-00000001', '2-00000002', latest]);
  assert.deepEqual(cursors((await api.get(`/changes?after=${first}`)).json), ['2-00000002', latest]);
  assert.deepEqual((await api.get('/changes?after=latest')).json, { data: [], next: latest });
});

testOnEngines('a pipelined request starts when the previous one has been answered', async (_t, engine) => {
  const api = await startApi(engine);
  const socket = connect(Number(new URL(api.url).port), '127.0.0.1');
  try {
    await api.call('PUT', '/consumers/erp');
    const ask = (path: string) => `GET /api/v1${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${READER}\r\n\r\n`;
    socket.write(ask('/changes?wait=60') + ask('/consumers/erp/changes'));
    for (let look = 0; look < 3; look++) assert.equal((await api.get('/consumers/erp')).json.lastReadAt, null);
    await insertRows(api.db, 'changes', [change('o1', 1)]);
    api.feedChanged.notify();
    let text = '';
    for await (const chunk of socket) {
      text += chunk;
      if (text.split('"next":"1"').length === 3) break;
    }
    assert.notEqual((await api.get('/consumers/erp')).json.lastReadAt, null);
  } finally {
    socket.destroy();
    await api.close();
  }
});

interface StreamEvent {
  id: string;
  data: string;
}

/** A client of server-sent events: `take` returns the next `count` events, or fewer if the stream ends. */
async function openStream(url: string, query: string, headers: Record<string, string> = {}) {
  const response = await fetch(`${url}/api/v1/changes/stream${query}`, { headers: { Authorization: `Bearer ${READER}`, ...headers } });
  assert.match(response.headers.get('content-type') ?? '', /^text\/event-stream/);
  const reader = (response.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  const pending: StreamEvent[] = [];
  const read = async (): Promise<boolean> => {
    const { value, done } = await reader.read();
    if (done) return false;
    const blocks = (rest + value).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const match = /^id: (.*)\ndata: (.*)$/.exec(block);
      if (match) pending.push({ id: match[1] ?? '', data: match[2] ?? '' });
    }
    return true;
  };
  return {
    async take(count: number): Promise<StreamEvent[]> {
      while (pending.length < count && (await read()));
      return pending.splice(0, count);
    },
  };
}
