import assert from 'node:assert/strict';
import test from 'node:test';
import { ENGINES } from '../support/engines.ts';
import { change, insertRows } from './seed.ts';
import { OPERATOR, READER, startApi, type TestApi } from './support.ts';

const cursors = (page: { data: { cursor: string }[] }) => page.data.map((entry) => entry.cursor);
const asReader = { key: READER };

async function withChanges(api: TestApi): Promise<void> {
  await insertRows(
    api.db,
    'changes',
    [1, 2, 3, 4].map((version) => change('o1', version, version === 2 ? { kind: 'shipment', entity_id: 's1' } : {})),
  );
}

for (const engine of ENGINES) {
  test(`a consumer starts at the beginning and gets the same entries until it acknowledges (${engine})`, async () => {
    const api = await startApi(engine);
    try {
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
    } finally {
      await api.close();
    }
  });

  test(`an acknowledgement backwards needs force, an unknown cursor is refused (${engine})`, async () => {
    const api = await startApi(engine);
    try {
      await withChanges(api);
      await api.call('PUT', '/consumers/erp');
      const ack = (body: object) => api.call('POST', '/consumers/erp/ack', { body });
      assert.equal((await ack({ cursor: '3' })).status, 200);
      assert.equal((await ack({ cursor: '3' })).status, 200);
      const refused = await ack({ cursor: '1' });
      assert.deepEqual([refused.status, refused.json.code], [409, 'ack_backwards']);
      assert.equal((await ack({ cursor: '1', force: true })).json.position, '1');
      assert.equal((await ack({ cursor: '0', force: true })).json.position, '0');
      for (const cursor of ['99', '99999999999999', 'x', '']) assert.equal((await ack({ cursor })).status, 400, cursor);
      assert.equal((await ack({})).status, 400);
      assert.equal((await api.call('POST', '/consumers/nobody/ack', { body: { cursor: '1' } })).status, 404);
    } finally {
      await api.close();
    }
  });

  test(`a consumer's filter narrows what it reads (${engine})`, async () => {
    const api = await startApi(engine);
    try {
      await withChanges(api);
      const made = await api.call('PUT', '/consumers/ships', { body: { kind: 'shipment', connection: ['acme'] } });
      assert.deepEqual([made.json.kind, made.json.connection], [['shipment'], ['acme']]);
      assert.deepEqual(cursors((await api.get('/consumers/ships/changes')).json), ['2']);
      assert.equal((await api.call('PUT', '/consumers/ships', { body: { kind: 'nonsense' } })).status, 400);
    } finally {
      await api.close();
    }
  });

  test(`what was pulled is outstanding until it has a receipt (${engine})`, async () => {
    const api = await startApi(engine);
    try {
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
      assert.deepEqual([unknown.status, unknown.json.code], [400, 'unknown_cursor']);
      assert.deepEqual(cursors((await api.get('/consumers/erp/outstanding')).json), ['2']);
      assert.equal((await send([{ cursor: '2', status: 'lost' }])).status, 400);
      const held = await api.db.read.all<{ reference: string }>('select reference from receipts order by change_seq');
      assert.deepEqual(
        held.map((row) => row.reference),
        ['SO-1', 'SO-3'],
      );
    } finally {
      await api.close();
    }
  });

  test(`a dropped consumer is gone, with its receipts (${engine})`, async () => {
    const api = await startApi(engine);
    try {
      await withChanges(api);
      await api.call('PUT', '/consumers/erp');
      await api.call('POST', '/consumers/erp/receipts', { body: { receipts: [{ cursor: '1', status: 'booked' }] } });
      assert.equal((await api.call('DELETE', '/consumers/erp')).status, 204);
      assert.equal((await api.call('DELETE', '/consumers/erp')).status, 404);
      assert.equal((await api.get('/consumers/erp/changes')).status, 404);
      assert.deepEqual(await api.db.read.all('select * from receipts'), []);
    } finally {
      await api.close();
    }
  });
}
