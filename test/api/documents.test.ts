import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import test from 'node:test';
import { ContentMissing } from '../../src/documents/storage/storage.ts';
import { type Engine, testOnEngines } from '../support/engines.ts';
import { document, entity, insertRows } from './seed.ts';
import { READER, startApi } from './support.ts';

const CONTENT = Buffer.from('0123456789 twenty bytes and more');
const SHA256 = createHash('sha256').update(CONTENT).digest('hex');

const openContent = async (sha256: string, range: { start: number; end: number } | null) => {
  assert.equal(sha256, SHA256);
  return Readable.from([range ? CONTENT.subarray(range.start, range.end + 1) : CONTENT]);
};

async function startWithDocuments(engine: Engine, name: string, open = openContent) {
  const api = await startApi(engine, { openContent: open });
  await insertRows(api.db, 'entities', [entity('o1'), entity('s1', { kind: 'shipment' })]);
  const announced = JSON.stringify({ name });
  await insertRows(api.db, 'documents', [
    document('f1', 'o1', { announced, state: 'stored', content_type: 'application/pdf', sha256: SHA256 }),
    document('f2', 's1', { sha256: '', content_type: '' }),
  ]);
  await api.db.write((sql) => sql.all('update documents set bytes = ? where id = ?', [CONTENT.length, 'f1']));
  const content = (headers: Record<string, string> = {}, method = 'GET') =>
    fetch(`${api.url}/api/v1/documents/f1/content`, { method, headers: { Authorization: `Bearer ${READER}`, ...headers } });
  return { api, content };
}

testOnEngines('documents are listed by order or shipment, and their content is returned completely or by range', async (_t, engine) => {
  const { api, content } = await startWithDocuments(engine, 'drawing ü.pdf');
  try {
    const rows = (await api.get('/documents')).json.data;
    assert.deepEqual(
      rows.map((row: { id: string; order: string | null; shipment: string | null }) => [row.id, row.order, row.shipment]),
      [
        ['f1', 'o1', null],
        ['f2', null, 's1'],
      ],
    );
    assert.equal((await api.get('/documents?shipment=s1')).json.data[0].id, 'f2');
    assert.deepEqual((await api.get('/documents?shipment=o1')).json.data, []);
    assert.equal((await api.get('/documents/f1')).json.bytes, CONTENT.length);
    assert.deepEqual(
      [(await api.get('/documents?state=stored')).json.data.length, (await api.get('/documents?state=lost')).status],
      [1, 400],
    );
    const whole = await content();
    assert.equal(await whole.text(), CONTENT.toString());
    assert.equal(whole.headers.get('digest'), `sha-256=${Buffer.from(SHA256, 'hex').toString('base64')}`);
    assert.equal(whole.headers.get('content-type'), 'application/pdf');
    assert.equal(whole.headers.get('content-disposition'), `attachment; filename="drawing ?.pdf"; filename*=UTF-8''drawing%20%C3%BC.pdf`);
    const part = await content({ Range: 'bytes=2-4' });
    assert.deepEqual([part.status, part.headers.get('content-range'), await part.text()], [206, `bytes 2-4/${CONTENT.length}`, '234']);
    const tail = await content({ Range: 'bytes=-4' });
    assert.equal(await tail.text(), 'more');
    const beyond = await content({ Range: 'bytes=900-' });
    assert.deepEqual([beyond.status, beyond.headers.get('content-range')], [416, `bytes */${CONTENT.length}`]);
    assert.equal((await content({ Range: 'bytes=2-4', 'If-Range': '"other"' })).status, 200);
    assert.equal((await content({ 'If-None-Match': `"${SHA256}"` })).status, 304);
    const head = await content({}, 'HEAD');
    assert.deepEqual([head.status, head.headers.get('content-length')], [200, String(CONTENT.length)]);
    const missing = await api.get('/documents/f2/content');
    assert.deepEqual([missing.status, missing.json.code], [404, 'document_not_stored']);
    assert.equal((await api.get('/documents/none/content')).status, 404);
  } finally {
    await api.close();
  }
});

test('the content type is the one the platform reported, without an unknown charset', async () => {
  const { api, content } = await startWithDocuments('sqlite', 'notes.txt');
  try {
    await api.db.write((sql) => sql.all(`update documents set content_type = 'text/plain' where id = 'f1'`));
    assert.equal((await content()).headers.get('content-type'), 'text/plain');
  } finally {
    await api.close();
  }
});

test('a malicious file name cannot be anything but a file name', async () => {
  const { api, content } = await startWithDocuments('sqlite', '../..\\evil"\r\nSet-Cookie: a=b\u202efdp.exe');
  try {
    const response = await content();
    assert.equal(response.headers.get('set-cookie'), null);
    assert.equal(response.headers.get('content-disposition'), 'attachment; filename="_.._evil_Set-Cookie_ a=bfdp.exe"');
    assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
    assert.equal((await response.text()).length, CONTENT.length);
  } finally {
    await api.close();
  }
});

testOnEngines('a long file name is cut between characters, so that the content can be read', async (_t, engine) => {
  const { api, content } = await startWithDocuments(engine, `${'x'.repeat(149)}😀.pdf`);
  try {
    for (const method of ['GET', 'HEAD']) {
      const response = await content({}, method);
      assert.equal(response.status, 200, method);
      assert.match(response.headers.get('content-disposition') ?? '', /filename\*=UTF-8''x{149}%F0%9F%98%80$/);
    }
  } finally {
    await api.close();
  }
});

testOnEngines('content that was removed from the storage is answered with an error of its own', async (_t, engine) => {
  const { api, content } = await startWithDocuments(engine, 'terms.pdf', (sha256) => Promise.reject(new ContentMissing(sha256)));
  try {
    const response = await content();
    assert.equal(response.status, 404);
    assert.match(response.headers.get('content-type') ?? '', /^application\/problem\+json/);
    assert.equal(response.headers.get('content-disposition'), null);
    const problem = (await response.json()) as { code: string };
    assert.equal(problem.code, 'content_missing');
  } finally {
    await api.close();
  }
});
