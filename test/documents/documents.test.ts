import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { text } from 'node:stream/consumers';
import { fetchDocumentAgain, fetchDocuments } from '../../src/documents/fetch-documents.ts';
import type { DocumentStorage } from '../../src/documents/storage/storage.ts';
import { RemoteFailure, RemoteMissing, Unavailable } from '../../src/domain/errors.ts';
import { listMissingDocuments } from '../../src/store/documents/list-missing.ts';
import { clientOptions, remoteOnFakeTime, remoteServer } from '../remote/remote-server.ts';
import { testOnEngines } from '../support/engines.ts';
import { announce, documentOf } from './announced.ts';
import { body, ground, heldFiles } from './support.ts';

testOnEngines('an announced document is downloaded and stored under its hash', async (t, engine) => {
  const { context, ports, storage } = await ground(t, engine, () => body('conditions of sale'));
  await announce(context, { key: 'a' });
  assert.equal(await fetchDocuments(context, ports), 1);
  const document = await documentOf(context, 'a');
  const sha256 = createHash('sha256').update('conditions of sale').digest('hex');
  assert.deepEqual(
    {
      state: document.state,
      bytes: document.bytes,
      sha256: document.sha256,
      contentType: document.contentType,
      storedAt: document.storedAt,
    },
    { state: 'stored', bytes: 18, sha256, contentType: 'application/pdf', storedAt: '2026-03-01T08:00:00.000Z' },
  );
  assert.equal(await text(await storage.openContent(sha256, null)), 'conditions of sale');
  assert.equal(await fetchDocuments(context, ports), 0);
});

testOnEngines('identical content of two documents is stored once', async (t, engine) => {
  const { context, ports, directory } = await ground(t, engine, () => body('the same'));
  await announce(context, { key: 'a' }, { key: 'b' });
  await fetchDocuments(context, ports);
  assert.equal((await documentOf(context, 'a')).sha256, (await documentOf(context, 'b')).sha256);
  assert.equal((await heldFiles(directory)).length, 1);
});

testOnEngines('a download that is refused twice is retried with fresh metadata, and then succeeds', async (t, engine) => {
  const answers = [
    new RemoteFailure('remote_forbidden', 'GET answered 403', 403),
    new RemoteFailure('remote_forbidden', 'GET answered 403', 403),
    body('late'),
  ];
  const { context, ports, asked, clock, opened, closed } = await ground(t, engine, () => answers.shift() ?? new Error('asked too often'));
  await announce(context, { key: 'a' });
  await fetchDocuments(context, ports);
  assert.equal(await fetchDocuments(context, ports), 0, 'it waits');
  clock.advance(5000);
  await fetchDocuments(context, ports);
  clock.advance(30_000);
  await fetchDocuments(context, ports);
  assert.equal((await documentOf(context, 'a')).state, 'stored');
  assert.deepEqual(asked, ['a', 'a', 'a']);
  assert.deepEqual(opened, []);
  assert.deepEqual(closed, ['storage_unavailable', 'document_failed']);
});

testOnEngines('a download that is cut off is reported as a fault of the remote side and is retried', async (t, engine) => {
  let attempts = 0;
  const base = await remoteServer(t, (_request, response) => {
    attempts += 1;
    response.writeHead(200, { 'content-length': 10 });
    if (attempts > 1) response.end('0123456789');
    else response.write('012', () => response.destroy());
  });
  const client = remoteOnFakeTime().remote.client(clientOptions(base));
  const { context, ports, clock } = await ground(t, engine, async () => {
    const { content } = await client.open('/terms.pdf');
    return { filename: 'terms.pdf', contentType: 'application/pdf', contentLength: 10, content };
  });
  await announce(context, { key: 'a' });
  await fetchDocuments(context, ports);
  const cutOff = await documentOf(context, 'a');
  assert.deepEqual(
    [cutOff.state, cutOff.error],
    ['announced', `remote_unreachable: GET ${base}/terms.pdf was cut off in the middle of the body`],
  );
  clock.advance(30_000);
  await fetchDocuments(context, ports);
  assert.deepEqual([(await documentOf(context, 'a')).state, attempts], ['stored', 2]);
});

testOnEngines(
  'after three attempts a document fails permanently with an alert, is listed by age, and can be fetched again',
  async (t, engine) => {
    let broken = true;
    const { context, ports, asked, clock, opened, closed } = await ground(t, engine, () =>
      broken ? new RemoteFailure('remote_unavailable', 'GET answered 500', 500) : body('at last'),
    );
    await announce(context, { key: 'a' });
    for (let round = 0; round < 5; round++) {
      await fetchDocuments(context, ports);
      clock.advance(60_000);
    }
    assert.equal(asked.length, 3);
    const given = await documentOf(context, 'a');
    assert.deepEqual([given.state, given.error], ['failed', 'remote_unavailable: GET answered 500']);
    assert.deepEqual(
      opened.map((alert) => [alert.code, alert.connection, alert.details.state]),
      [['document_failed', 'toy', 'failed']],
    );
    const [listed] = await listMissingDocuments(context.db.read, { connection: 'toy', limit: 10 });
    assert.deepEqual([listed?.id, listed?.externalId, listed?.tries], ['doc-a', 'PO-7', 3]);

    broken = false;
    await fetchDocumentAgain(context, 'doc-a');
    await fetchDocuments(context, ports);
    assert.equal((await documentOf(context, 'a')).state, 'stored');
    assert.ok(closed.includes('document_failed'));
    assert.deepEqual(await listMissingDocuments(context.db.read, { connection: null, limit: 10 }), []);
    await assert.rejects(fetchDocumentAgain(context, 'doc-a'), { status: 409 });
  },
);

testOnEngines('a document that its platform does not know ends as missing', async (t, engine) => {
  const { context, ports, clock } = await ground(t, engine, () => new RemoteMissing('GET answered 404'));
  await announce(context, { key: 'a' });
  for (let round = 0; round < 4; round++) {
    await fetchDocuments(context, ports);
    clock.advance(60_000);
  }
  assert.equal((await documentOf(context, 'a')).state, 'missing');
});

testOnEngines('Retry-After is honoured', async (t, engine) => {
  const answers = [new RemoteFailure('remote_rate_limited', 'GET answered 429', 429, 90_000), body('after a while')];
  const { context, ports, clock } = await ground(t, engine, () => answers.shift() ?? new Error('asked too often'));
  await announce(context, { key: 'a' });
  await fetchDocuments(context, ports);
  clock.advance(89_000);
  assert.equal(await fetchDocuments(context, ports), 0);
  clock.advance(1_000);
  assert.equal(await fetchDocuments(context, ports), 1);
});

testOnEngines('a document above the limit becomes too_large, whether its length is announced or not', async (t, engine) => {
  const { context, ports, directory, opened } = await ground(t, engine, (key) =>
    body('0123456789', key === 'a' ? {} : { contentLength: null }),
  );
  await announce(context, { key: 'a' }, { key: 'b' });
  await fetchDocuments(context, { ...ports, maxBytes: 9 });
  assert.deepEqual([(await documentOf(context, 'a')).state, (await documentOf(context, 'b')).state], ['too_large', 'too_large']);
  assert.deepEqual(await heldFiles(directory), []);
  assert.equal(opened.length, 2);
});

testOnEngines('a document without object id and address becomes empty, and no request is sent', async (t, engine) => {
  const { context, ports, asked } = await ground(t, engine, () => new Error('not to be asked'));
  await announce(context, { key: 'a', objectId: null, url: null });
  assert.equal(await fetchDocuments(context, ports), 0);
  assert.equal((await documentOf(context, 'a')).state, 'empty');
  assert.deepEqual(asked, []);
});

testOnEngines('a document that is announced again during its download is downloaded again', async (t, engine) => {
  const contents = ['first edition', 'second edition'];
  const { context, ports } = await ground(t, engine, async () => {
    const content = contents.shift() ?? '';
    if (content === 'first edition') await announce(context, { key: 'a', revision: '2' });
    return body(content);
  });
  await announce(context, { key: 'a', revision: '1' });
  await fetchDocuments(context, ports);
  assert.equal((await documentOf(context, 'a')).state, 'announced');
  await fetchDocuments(context, ports);
  const sha256 = createHash('sha256').update('second edition').digest('hex');
  assert.deepEqual([(await documentOf(context, 'a')).state, (await documentOf(context, 'a')).sha256], ['stored', sha256]);
});

testOnEngines('a storage failure costs the document no attempt', async (t, engine) => {
  const { context, ports, storage, clock, opened, closed } = await ground(t, engine, () => body('kept in the end'));
  const full: DocumentStorage = {
    ...storage,
    put: async () => {
      throw new Unavailable('storage_unavailable', 'The disk is full.');
    },
  };
  await announce(context, { key: 'a' });
  for (let round = 0; round < 6; round++) {
    await fetchDocuments(context, { ...ports, storage: full });
    clock.advance(60_000);
  }
  assert.equal((await documentOf(context, 'a')).state, 'announced');
  assert.ok(opened.every((alert) => alert.code === 'storage_unavailable'));
  await fetchDocuments(context, ports);
  assert.equal((await documentOf(context, 'a')).state, 'stored');
  assert.ok(closed.includes('storage_unavailable'));
});
