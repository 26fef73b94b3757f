import assert from 'node:assert/strict';
import { change, content, document, entity, header, insertRows, line } from './seed.ts';
import { READER, type TestApi, testWithApi } from './support.ts';

async function withOrder(api: TestApi): Promise<void> {
  await insertRows(api.db, 'entities', [
    entity('o1', { source: '{"buyer":{"vat":1.10}}', source_lines: 'rows', external_id: 'a/b ü%?', version: 2 }),
    entity('o2', { number: 'PO2', status: 'Confirmed', updated_at: '2026-02-05T00:00:00.000Z' }),
    entity('s1', { kind: 'shipment' }),
    entity('r1', { kind: 'item', external_id: 'I-1' }),
  ]);
  await insertRows(api.db, 'lines', [line('o1', 'L2', 1, { removed_at: '2026-02-02T00:00:00.000Z' }), line('o1', 'L1', 0)]);
  await insertRows(api.db, 'documents', [document('f1', 'o1'), document('f2', 's1')]);
}

testWithApi("an order is returned with its lines and documents, by our id and by the platform's", async (api) => {
  await withOrder(api);
  const byId = await api.get('/orders/o1');
  assert.equal(byId.status, 200);
  assert.deepEqual(
    byId.json.lines.map((one: { externalId: string; removedAt: string | null }) => [one.externalId, one.removedAt]),
    [
      ['L1', null],
      ['L2', '2026-02-02T00:00:00.000Z'],
    ],
  );
  assert.deepEqual(byId.json.documents, [
    { id: 'f1', name: 'drawing.pdf', contentType: null, bytes: null, sha256: null, state: 'announced' },
  ]);
  assert.equal('source' in byId.json, false);
  const byExternalId = await api.get(`/orders/by-external/acme/${encodeURIComponent('a/b ü%?')}`);
  assert.deepEqual(byExternalId.json, byId.json);
  const known = await api.get('/orders/o1', { headers: { 'If-None-Match': byId.headers.get('etag') ?? '' } });
  assert.deepEqual([known.status, known.text], [304, '']);
  assert.equal((await api.get('/orders/nothing')).json.code, 'not_found');
  assert.equal((await api.get('/orders/s1')).status, 404);
  const malformed = await fetch(`${api.url}/api/v1/orders/by-external/acme/%E0%A4%A`, {
    headers: { Authorization: `Bearer ${READER}` },
  });
  assert.equal(malformed.status, 400);
});

testWithApi("the source is the platform's own JSON with its current lines, digit for digit", async (api) => {
  await withOrder(api);
  const { text, json } = await api.get('/orders/o1?include=source');
  assert.match(text, /"source":\{"buyer":\{"vat":1\.10\},"rows":\[\{"position":"0001","amount":10\.50\}\]\}/);
  assert.equal(json.source.rows.length, 1);
});

testWithApi('lists are filtered, paged by opaque cursors and available as CSV', async (api) => {
  await withOrder(api);
  const first = await api.get('/orders?limit=1');
  assert.deepEqual(
    first.json.data.map((row: { id: string }) => row.id),
    ['o1'],
  );
  assert.deepEqual(['lines' in first.json.data[0], 'documents' in first.json.data[0]], [false, false]);
  const second = await api.get(`/orders?limit=1&after=${first.json.next}&include=lines,documents`);
  assert.deepEqual([second.json.data[0].id, second.json.data[0].lines, second.json.next], ['o2', [], null]);
  const ids = async (query: string) => (await api.get(`/orders?${query}`)).json.data.map((row: { id: string }) => row.id);
  assert.deepEqual(await ids('status=Confirmed'), ['o2']);
  assert.deepEqual(await ids('number=PO1'), ['o1']);
  for (const filter of ['number', 'status']) assert.deepEqual(await ids(`${filter}=${'9'.repeat(1000)}`), []);
  assert.deepEqual(await ids('updatedAfter=2026-02-03T00:00:00Z'), ['o2']);
  assert.deepEqual(await ids('connection=other'), []);
  assert.equal((await api.get('/shipments')).json.data[0].id, 's1');
  const csv = await api.get('/orders', { headers: { Accept: 'text/csv' } });
  assert.match(csv.headers.get('content-type') ?? '', /^text\/csv/);
  assert.match(csv.text, /^id,connection,platform,externalId,number,status,currency,buyer\.id,buyer\.name/);
  assert.equal(csv.text.trim().split('\r\n').length, 3);
});

testWithApi('a media type with its charset is recognised in Accept', async (api) => {
  const typeFor = async (accept: string) => (await api.get('/orders', { headers: { Accept: accept } })).headers.get('content-type');
  for (const accept of [
    'text/csv; charset=utf-8',
    'text/csv;charset=UTF-8;header=present',
    'application/json;q=0.1, text/csv;charset=utf-8',
  ])
    assert.match((await typeFor(accept)) ?? '', /^text\/csv/, accept);
  for (const accept of ['application/json; charset=utf-8, text/csv;q=0.5', 'text/csv; charset=utf-16', '*/*'])
    assert.match((await typeFor(accept)) ?? '', /^application\/json/, accept);
});

testWithApi('invalid requests are answered 400', async (api) => {
  for (const query of ['limit=0', 'limit=1001', 'limit=x', 'after=nonsense', 'updatedAfter=yesterday', 'include=everything', 'sort=id']) {
    const answer = await api.get(`/orders?${query}`);
    assert.equal(answer.status, 400, query);
    assert.match(answer.headers.get('content-type') ?? '', /^application\/problem\+json/);
  }
  const cursor = (await api.get('/shipments?limit=1')).json.next ?? Buffer.from('["shipments",1]').toString('base64url');
  assert.equal((await api.get(`/orders?after=${cursor}`)).status, 400);
  for (const path of [
    '/records?kind=nonsense',
    '/changes?kind=nonsense',
    '/changes?after=-1',
    '/changes?wait=61',
    '/deliveries?state=lost',
    '/orders/%00',
  ]) {
    assert.equal((await api.get(path)).status, 400, path);
  }
});

testWithApi('a record has the header and its kind', async (api) => {
  await withOrder(api);
  const record = await api.get('/records/by-external/acme/item/I-1');
  assert.deepEqual([record.json.kind, record.json.externalId, 'lines' in record.json], ['item', 'I-1', false]);
  assert.deepEqual((await api.get('/records/r1')).json, record.json);
  assert.equal((await api.get('/records?kind=customer')).json.data.length, 0);
  assert.equal((await api.get('/records?kind=item&include=source')).json.data[0].source, null);
});

testWithApi('an order is shown as of a feed position, with its history', async (api) => {
  await insertRows(api.db, 'entities', [entity('o1', { version: 3, header: header({ status: 'Done' }) })]);
  await insertRows(api.db, 'lines', [line('o1', 'L1', 0)]);
  const left = (version: number, quantity: string, status: string | null) =>
    JSON.stringify({
      header: status === null ? null : JSON.parse(header({ status })),
      lastUpdatedAt: `2026-02-0${version}T00:00:00.000Z`,
      deletedAt: null,
      lines: { L1: { content: content('0001', quantity), rank: 0, version, lastUpdatedAt: null, removedAt: null } },
    });
  await insertRows(api.db, 'changes', [
    change('o1', 1, { state: left(1, '10', 'Issued') }),
    change('o2', 1),
    change('o1', 2, { state: left(2, '8', null) }),
    change('o1', 3, { state: left(3, '7', 'Done') }),
  ]);
  const seen = async (cursor: string) => {
    const { json } = await api.get(`/orders/o1?asOf=${cursor}`);
    return [json.version, json.status, json.lines[0].quantity, json.lastUpdatedAt];
  };
  assert.deepEqual(await seen('2'), [1, 'Issued', '10', '2026-02-01T00:00:00.000Z']);
  assert.deepEqual(await seen('3'), [2, 'Issued', '8', '2026-02-02T00:00:00.000Z']);
  assert.deepEqual(await seen('4'), [3, 'Done', '7', '2026-02-03T00:00:00.000Z']);
  assert.equal((await api.get('/orders/o1?asOf=0')).status, 404);
  const history = await api.get('/orders/o1/history?limit=2');
  assert.deepEqual(
    history.json.data.map((one: { version: number }) => one.version),
    [1, 2],
  );
  const rest = await api.get(`/orders/o1/history?after=${history.json.next}`);
  assert.deepEqual([rest.json.data[0].version, rest.json.next], [3, null]);
  assert.deepEqual(rest.json.data[0].diff, [{ path: '/lines/0001/quantity', before: '10', after: '8' }]);
});
