import assert from 'node:assert/strict';
import { indexChanges } from '../../src/search/index-changes.ts';
import { change, content, delivery, document, entity, header, insertRows, line } from './seed.ts';
import { type TestApi, testWithApi } from './support.ts';

async function seed(api: TestApi): Promise<void> {
  const parties = { buyer: { id: 'NL-77', name: 'Waterkant Machines' }, supplier: { id: 's1', name: 'Østfold Stål' } };
  const entities: [string, string, object][] = [
    ['o1', 'PO26001', parties],
    ['o2', 'PO2600', {}],
    ['o3', '26001', {}],
  ];
  await insertRows(
    api.db,
    'entities',
    entities.map(([id, number, more]) => entity(id, { number, header: JSON.stringify({ ...JSON.parse(header({ number })), ...more }) })),
  );
  await insertRows(api.db, 'entities', [
    entity('s1', { kind: 'shipment', number: 'SH-9', connection: 'fresh', header: header({ number: 'SH-9' }) }),
    entity('i1', { kind: 'invoice', number: 'INV 100%_x', header: header({ number: 'INV 100%_x' }) }),
  ]);
  const part = {
    ...content('0010', '4'),
    item: { number: 'WP-1001', name: 'Waterpump', supplierNumber: 'SUP-5' },
    description: 'with seal',
  };
  await insertRows(api.db, 'lines', [line('o1', 'l1', 0, { content: JSON.stringify(part) })]);
  const named = (id: string, name: string) => document(id, 'o1', { announced: JSON.stringify({ key: id, name, code: 'DRW-1' }) });
  await insertRows(api.db, 'documents', [named('doc1', 'Drawing rev B.pdf')]);
  await insertRows(api.db, 'changes', [
    ...['o1', 'o2', 'o3', 'i1'].map((id) => change(id, 1)),
    change('s1', 1, { kind: 'shipment', connection: 'fresh' }),
  ]);
  await insertRows(api.db, 'deliveries', [
    delivery('d1', { event_id: 'evt-4711', subject: 'order:x-o1' }),
    delivery('d2', { event_id: 'evt-4712', state: 'pending', finished_at: null, subject: 'order:x-o1' }),
  ]);
  await insertRows(api.db, 'receipts', [
    { consumer: 'erp', change_seq: 2, status: 'booked', reference: 'SO-880', reason: null, at: '2026-03-01T12:00:00.000Z' },
  ]);
}

testWithApi('everything is found by the names people use for it, the best match first, before and after it is indexed', async (api) => {
  const find = async (q: string, more = '') =>
    (await api.get(`/search?q=${encodeURIComponent(q)}${more}`)).json.data.map(
      (hit: { kind: string; id: string }) => `${hit.kind} ${hit.id}`,
    );
  await seed(api);
  for (const indexed of [false, true]) {
    if (indexed) while ((await indexChanges({ db: api.db }, 2)) > 0);
    assert.deepEqual(await find('26001'), ['order o3', 'order o1'], `the exact number first (indexed: ${indexed})`);
    assert.deepEqual(await find('po2600'), ['order o2', 'order o1']);
    for (const q of [
      'WP-1001',
      'sup-5',
      'waterpump',
      'seal',
      '0010',
      'waterkant',
      'NL-77',
      'østfold stål',
      'Drawing rev',
      'drw-1',
      'kant mach',
    ])
      assert.deepEqual(await find(q), ['order o1'], `${q} (indexed: ${indexed})`);
    assert.deepEqual(await find('waterkant wp-1001'), ['order o1'], 'several words may stand in several places');
    assert.deepEqual(await find('waterkant wp-1002'), []);
    assert.deepEqual(await find('sh-9'), ['shipment s1']);
    assert.deepEqual(await find('100%_x'), ['invoice i1']);
    assert.deepEqual(await find('"; drop'), []);
  }
  assert.deepEqual(await find('evt-4711'), ['delivery d1']);
  assert.deepEqual(await find('evt-4712'), ['delivery d2']);
  assert.deepEqual(await find('d1'), ['delivery d1']);
  assert.deepEqual(await find('order:x-o1'), ['delivery d1']);
  assert.deepEqual(await find('x-o2'), ['order o2']);
  assert.deepEqual(await find('i1'), ['invoice i1'], 'our own id');
  assert.deepEqual(await find('SO-880'), ['order o2'], 'the reference of a receipt');
  assert.deepEqual(await find('2600', '&limit=1'), ['order o3']);
  const [hit] = (await api.get('/search?q=waterpump')).json.data;
  assert.deepEqual(hit, {
    kind: 'order',
    id: 'o1',
    title: 'PO26001 · Waterkant Machines → Østfold Stål',
    href: '/api/v1/orders/o1',
    connection: 'acme',
    match: { field: 'item', text: 'Waterpump' },
  });
  assert.equal((await api.get(hit.href.replace('/api/v1', ''))).status, 200);
  assert.equal((await api.get('/search')).status, 400);
  const { key } = (await api.call('POST', '/keys', { body: { name: 'shop', role: 'reader', connections: ['fresh'] } })).json;
  for (const q of ['26001', 'waterkant', 'evt-4711', 'SO-880', 'o1'])
    assert.deepEqual((await api.get(`/search?q=${q}`, { key })).json.data, [], q);
  assert.equal((await api.get('/search?q=sh-9', { key })).json.data.length, 1);
});

testWithApi('a changed entity is found by its current content', async (api) => {
  const ids = async (q: string) => (await api.get(`/search?q=${q}`)).json.data.map((hit: { id: string }) => hit.id);
  await insertRows(api.db, 'entities', [entity('o1', { number: 'OLD-1', header: header({ number: 'OLD-1' }) })]);
  await insertRows(api.db, 'changes', [change('o1', 1)]);
  while ((await indexChanges({ db: api.db })) > 0);
  await api.db.write((sql) => sql.all('update entities set number = ?, header = ?', ['NEW-1', header({ number: 'NEW-1' })]));
  await insertRows(api.db, 'changes', [change('o1', 2)]);
  assert.deepEqual([await ids('new-1'), await ids('old-1')], [['o1'], []]);
  while ((await indexChanges({ db: api.db })) > 0);
  assert.deepEqual([await ids('new-1'), await ids('old-1')], [['o1'], []]);
});

testWithApi('an old entity is found although many newer ones have all the trigrams of the words', async (api) => {
  // All trigrams of "a-12-34", and not the word.
  const similar = Array.from({ length: 400 }, (_, n) => `n${n}`);
  const numbered = (id: string, number: string) => entity(id, { number, header: header({ number }) });
  await insertRows(api.db, 'entities', [
    numbered('o1', 'PO a-12-34 "B"'),
    numbered('o2', 'with a document'),
    ...similar.map((id) => numbered(id, `${id} a-12-2-34`)),
  ]);
  await insertRows(api.db, 'documents', [
    document('doc1', 'o2', { announced: JSON.stringify({ key: 'doc1', name: 'Rev A-12-34.pdf', code: 'c' }) }),
  ]);
  await insertRows(
    api.db,
    'changes',
    ['o1', 'o2', ...similar].map((id) => change(id, 1)),
  );
  while ((await indexChanges({ db: api.db })) > 0);
  const find = async (q: string) =>
    (await api.get(`/search?q=${encodeURIComponent(q)}`)).json.data.map((hit: { id: string }) => hit.id).sort();
  assert.deepEqual(await find('a-12-34'), ['o1', 'o2']);
  assert.deepEqual(await find('A-12-34 "b"'), ['o1'], 'with quotes, in another case');
  assert.equal((await find('a-12-2-34')).length, 20, 'a page of those that are similar');
});
