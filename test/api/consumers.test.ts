import assert from 'node:assert/strict';
import { change, insertRows } from './seed.ts';
import { ADMIN, NOW, OPERATOR, READER, type TestApi, testWithApi } from './support.ts';

const cursors = (page: { data: { cursor: string }[] }) => page.data.map((entry) => entry.cursor);
const asReader = { key: OPERATOR };

async function withChanges(api: TestApi): Promise<void> {
  await insertRows(
    api.db,
    'changes',
    [1, 2, 3, 4].map((version) => change('o1', version, version === 2 ? { kind: 'shipment', entity_id: 's1' } : {})),
  );
}

testWithApi('a consumer starts at the beginning and gets the same entries until it acknowledges them', async (api) => {
  await withChanges(api);
  const made = await api.call('PUT', '/consumers/erp', { key: OPERATOR });
  assert.deepEqual([made.status, made.json.position, made.json.kind], [201, '0', null]);
  for (const _time of [1, 2]) {
    const page = (await api.get('/consumers/erp/changes?limit=2', asReader)).json;
    assert.deepEqual([cursors(page), page.next], [['1', '2'], '2']);
  }
  const acked = await api.call('POST', '/consumers/erp/ack', { ...asReader, body: { cursor: '2' } });
  assert.deepEqual([acked.status, acked.json.position], [200, '2']);
  assert.deepEqual(cursors((await api.get('/consumers/erp/changes', asReader)).json), ['3', '4']);
  const again = await api.call('PUT', '/consumers/erp', { body: {} });
  assert.deepEqual([again.status, again.json.position], [200, '2']);
  assert.equal((await api.get('/consumers', asReader)).json.data[0].lastReadPosition, '4');
});

testWithApi('acknowledging backwards or beyond what was read requires force, and an unknown cursor is rejected', async (api) => {
  await withChanges(api);
  await api.call('PUT', '/consumers/erp');
  const ack = (body: object, key = ADMIN) => api.call('POST', '/consumers/erp/ack', { body, key });
  await api.get('/consumers/erp/changes?limit=3');
  const beyond = await ack({ cursor: '4' });
  assert.deepEqual([beyond.status, beyond.json.code], [409, 'ack_beyond_read']);
  assert.equal((await ack({ cursor: '4', force: true }, READER)).status, 403);
  assert.equal((await ack({ cursor: '3' })).status, 200);
  assert.equal((await ack({ cursor: '3' })).status, 200);
  const refused = await ack({ cursor: '1' });
  assert.deepEqual([refused.status, refused.json.code], [409, 'ack_backwards']);
  assert.equal((await ack({ cursor: '1', force: true })).json.position, '1');
  assert.equal((await ack({ cursor: '0', force: true })).json.position, '0');
  assert.equal((await ack({ cursor: '4', force: true }, OPERATOR)).json.position, '4');
  for (const cursor of ['99', '99999999999999']) assert.equal((await ack({ cursor })).status, 410, cursor);
  for (const cursor of ['x', '', 'latest']) assert.equal((await ack({ cursor })).status, 400, cursor);
  assert.equal((await ack({})).status, 400);
  assert.equal((await api.call('POST', '/consumers/nobody/ack', { body: { cursor: '1' } })).status, 404);
});

testWithApi("a consumer's filter restricts what it reads", async (api) => {
  await withChanges(api);
  const made = await api.call('PUT', '/consumers/ships', { body: { kind: 'shipment', connection: ['acme'] } });
  assert.deepEqual([made.json.kind, made.json.connection], [['shipment'], ['acme']]);
  assert.deepEqual(cursors((await api.get('/consumers/ships/changes')).json), ['2']);
  assert.equal((await api.call('PUT', '/consumers/ships', { body: { kind: 'nonsense' } })).status, 400);
});

testWithApi('a change that was read is outstanding until it is booked', async (api) => {
  await withChanges(api);
  await api.call('PUT', '/consumers/erp');
  assert.deepEqual(cursors((await api.get('/consumers/erp/outstanding')).json), []);
  await api.get('/consumers/erp/changes?limit=3', asReader);
  const send = (receipts: object[]) => api.call('POST', '/consumers/erp/receipts', { ...asReader, body: { receipts } });
  const kept = await send([
    { cursor: '1', status: 'booked', reference: 'SO-1' },
    { cursor: '3', status: 'rejected', reason: 'no such item' },
    { cursor: '3', status: 'booked', reference: 'SO-3' },
  ]);
  assert.deepEqual([kept.status, kept.json], [200, { number: 2 }]);
  const outstanding = (await api.get('/consumers/erp/outstanding', asReader)).json;
  assert.deepEqual(cursors(outstanding), ['2']);
  assert.equal(outstanding.data[0].ageMs, Date.parse('2026-03-01T12:00:00Z') - Date.parse('2026-02-01T08:00:02Z'));
  const unknown = await send([
    { cursor: '2', status: 'booked' },
    { cursor: '77', status: 'booked' },
  ]);
  assert.deepEqual([unknown.status, unknown.json.code], [410, 'feed_diverged']);
  assert.deepEqual(cursors((await api.get('/consumers/erp/outstanding')).json), ['2']);
  assert.equal((await send([{ cursor: '2', status: 'lost' }])).status, 400);
  const held = await api.db.read.all<{ reference: string }>('select reference from receipts order by change_seq');
  assert.deepEqual(
    held.map((row) => row.reference),
    ['SO-1', 'SO-3'],
  );
  await send([{ cursor: '2', status: 'rejected', reason: 'customer is blocked' }]);
  const [rejected] = (await api.get('/consumers/erp/outstanding')).json.data;
  assert.deepEqual(
    [rejected.cursor, rejected.receipt],
    ['2', { status: 'rejected', reference: null, reason: 'customer is blocked', at: NOW }],
  );
  const receipts = async (query: string) => (await api.get(`/consumers/erp/receipts${query}`, asReader)).json;
  assert.deepEqual(cursors(await receipts('')), ['1', '2', '3']);
  assert.deepEqual(cursors(await receipts('?status=rejected')), ['2']);
  const part = await receipts('?limit=1&after=1');
  assert.deepEqual([cursors(part), part.next, part.data[0].externalId, part.data[0].at], [['2'], '2', 'x-o1', NOW]);
  assert.equal((await api.get('/consumers/erp/receipts?status=lost')).status, 400);
});

testWithApi('deleting a consumer also deletes its receipts', async (api) => {
  await withChanges(api);
  await api.call('PUT', '/consumers/erp');
  await api.call('POST', '/consumers/erp/receipts', { body: { receipts: [{ cursor: '1', status: 'booked' }] } });
  assert.equal((await api.call('DELETE', '/consumers/erp')).status, 204);
  assert.equal((await api.call('DELETE', '/consumers/erp')).status, 404);
  assert.equal((await api.get('/consumers/erp/changes')).status, 404);
  assert.deepEqual(await api.db.read.all('select * from receipts'), []);
});

testWithApi("a consumer's settings define its filter and start, and its lag is reported", async (api) => {
  await withChanges(api);
  const put = (name: string, body: unknown) => api.call('PUT', `/consumers/${name}`, { key: OPERATOR, body });
  assert.deepEqual([(await put('end', { from: 'latest' })).json.position, (await put('mid', { from: '3' })).json.position], ['4', '3']);
  const secret = 'whsec_c2VjcmV0LW9mLXRoZS1lcnA=';
  const url = 'http://127.0.0.1:1/changed?tenant=7';
  const made = await put('erp', {
    kind: 'shipment',
    connection: 'acme',
    from: 'start',
    alertAfterSeconds: 60,
    notify: { url, secret },
  });
  const age = (Date.parse(NOW) - Date.parse('2026-02-01T08:00:02Z')) / 1000;
  const { lag, notify, alertAfterSeconds, position } = made.json;
  assert.deepEqual([lag, notify, alertAfterSeconds, position], [{ entries: 1, seconds: age }, { url }, 60, '0']);
  const page = (await api.get('/consumers/erp/changes')).json;
  assert.deepEqual([cursors(page), page.next], [['2'], '4'], 'past what its filter leaves out');
  const acked = (await api.call('POST', '/consumers/erp/ack', { body: { cursor: page.next } })).json;
  assert.deepEqual([acked.position, acked.lag, acked.lastReadAt, acked.lastAckAt], ['4', { entries: 0, seconds: 0 }, NOW, NOW]);
  assert.deepEqual((await api.call('PUT', '/consumers/erp')).json.notify, { url }, 'without a body it stays as it is');
  assert.equal((await put('erp', { notify: { url } })).status, 200, 'the secret stays');
  assert.equal((await api.get('/consumers')).text.includes('c2VjcmV0'), false);
  assert.equal((await put('erp', {})).json.notify, null);
  for (const [body, status] of [
    [{ notify: { url } }, 400],
    [{ notify: { url: 'ftp://127.0.0.1/', secret } }, 400],
    [{ notify: { url: 'http://169.254.169.254/latest', secret } }, 400],
    [{ notify: { url: 'http://[fe80::1]/', secret } }, 400],
    [{ notify: { url: 'http://[::ffff:169.254.1.1]/', secret } }, 400],
    [{ notify: { url, secret: 'short' } }, 400],
    [{ alertAfterSeconds: 0 }, 400],
    [{ alertAfterSeconds: 1.5 }, 400],
    [{ from: 'somewhere' }, 400],
    [{ from: '77' }, 410],
    [{ kinds: ['order'] }, 400],
    ['[]', 400],
  ] as const)
    assert.equal((await put('erp', body)).status, status, JSON.stringify(body));
});
