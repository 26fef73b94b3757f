import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import test, { type TestContext } from 'node:test';
import {
  claimDueDocuments,
  type DocumentDependencies,
  fetchDocument,
  fetchDocumentAgain,
  fetchDocuments,
} from '../../src/documents/fetch-documents.ts';
import { createFileStorage } from '../../src/documents/storage/file-storage.ts';
import type { DocumentStorage } from '../../src/documents/storage/storage.ts';
import { startDocumentWorker } from '../../src/documents/worker.ts';
import { RemoteFailure, RemoteMissing, Unavailable } from '../../src/domain/errors.ts';
import type { OpenedDocument } from '../../src/platforms/contract/api.ts';
import { createPublicOpener } from '../../src/remote/address-guard.ts';
import { listMissingDocuments } from '../../src/store/documents/list-missing.ts';
import { farSide } from '../remote/far-side.ts';
import { createTestContext } from '../support/context.ts';
import { type Engine, testOnEngines } from '../support/engines.ts';
import { announce, documentOf, withDocuments } from './announced.ts';

const body = (content: string, more: Partial<OpenedDocument> = {}): OpenedDocument => ({
  filename: 'terms.pdf',
  contentType: 'application/pdf',
  content: Readable.from([Buffer.from(content)]),
  contentLength: content.length,
  ...more,
});

async function ground(
  t: TestContext,
  engine: Engine,
  openDocument: (key: string | null) => OpenedDocument | Error | Promise<OpenedDocument>,
) {
  const pipeline = await createTestContext(engine);
  const directory = await mkdtemp(join(tmpdir(), 'orderdock-documents-'));
  const storage = createFileStorage(directory);
  await storage.prepare();
  const asked: (string | null)[] = [];
  const watched = withDocuments(pipeline.context, async ({ objectId }) => {
    asked.push(objectId);
    const opened = await openDocument(objectId);
    if (opened instanceof Error) throw opened;
    return opened;
  });
  t.after(async () => {
    await pipeline.close();
    await rm(directory, { recursive: true, force: true });
  });
  const ports: DocumentDependencies = { storage, openPublic: createPublicOpener(() => pipeline.clock.now()), maxBytes: 1_000_000 };
  return { ...watched, ports, storage, asked, clock: pipeline.clock, log: pipeline.log, directory };
}

const heldFiles = async (directory: string): Promise<string[]> =>
  (await readdir(directory, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile()).map((entry) => entry.name);

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

testOnEngines('an address inside our own network is refused, and no request is sent', async (t, engine) => {
  let calls = 0;
  const inside = await farSide(t, (_request, response) => {
    calls += 1;
    response.end('secret');
  });
  const { context, ports, asked } = await ground(t, engine, () => new Error('not to be asked'));
  await announce(
    context,
    { key: 'a', objectId: null, url: `${inside}/latest/meta-data` },
    { key: 'b', objectId: null, url: 'file:///etc/passwd' },
  );
  await fetchDocuments(context, ports);
  assert.deepEqual([(await documentOf(context, 'a')).state, (await documentOf(context, 'b')).state], ['refused', 'refused']);
  assert.deepEqual([calls, asked], [0, []]);
});

testOnEngines("a partner's address is opened through the guard, and its response stored", async (t, engine) => {
  const { context, ports } = await ground(t, engine, () => new Error('not to be asked'));
  await announce(context, { key: 'a', objectId: null, url: 'https://partner.example/x.csv', name: 'x.csv' });
  const openPublic = async () => ({
    headers: { 'content-type': 'text/csv', 'content-length': '4' },
    content: Readable.from([Buffer.from('1;2\n')]),
  });
  await fetchDocuments(context, { ...ports, openPublic });
  const document = await documentOf(context, 'a');
  assert.deepEqual([document.state, document.contentType, document.bytes], ['stored', 'text/csv', 4]);
});

testOnEngines(
  'two processes never download the same document at the same time, and the documents of a dead process are released',
  async (t, engine) => {
    const { context, ports, asked, clock } = await ground(t, engine, () => body('once'));
    await announce(context, { key: 'a' }, { key: 'b' });
    const [one, two] = await Promise.all([
      claimDueDocuments(context, { limit: 1, atOnce: 5, busy: [] }),
      claimDueDocuments(context, { limit: 5, atOnce: 5, busy: [] }),
    ]);
    assert.equal(new Set([...one, ...two].map((document) => document.id)).size, one.length + two.length);
    assert.equal(await fetchDocuments(context, ports), 2 - one.length - two.length);
    clock.advance(61_000);
    assert.equal(await fetchDocuments(context, ports), one.length + two.length, 'the leases have run out');
    assert.equal(new Set(asked).size, 2);
  },
);

testOnEngines('an address with enough downloads in progress delays only its own documents', async (t, engine) => {
  const { context } = await ground(t, engine, () => body('x'));
  const partner = (at: number) => ({ key: `p${at}`, objectId: null, url: `https://hopeless.example/${at}` });
  await announce(context, ...Array.from({ length: 30 }, (_, at) => partner(at)));
  await announce(context, { key: 'b', objectId: null, url: 'https://good.example/b' }, { key: 'a' });
  const api = { connection: 'toy', host: null };
  const places = { limit: 50, atOnce: 2, busy: [api, api] };
  const claimed = await claimDueDocuments(context, places);
  assert.deepEqual(claimed.map(({ id }) => id).sort(), ['doc-b', 'doc-p0', 'doc-p1']);
  const busy = [
    { connection: 'toy', host: 'hopeless.example' },
    { connection: 'toy', host: 'hopeless.example' },
  ];
  assert.deepEqual(
    (await claimDueDocuments(context, { ...places, busy })).map(({ id }) => id),
    ['doc-a'],
  );
  assert.deepEqual(await claimDueDocuments(context, { ...places, busy, perConnection: () => 0 }), []);
});

testOnEngines("an address that is not http or https is refused, and a file gets the platform's own name", async (t, engine) => {
  const { context, ports } = await ground(t, engine, () => body('plan', { filename: 'plan.pdf' }));
  const odd = ['file:///etc/passwd', 'ftp://files.example/a.pdf', 'javascript:alert(1)', 'files.example/a.pdf', 'gopher:x'];
  await announce(context, ...odd.map((url, at) => ({ key: `odd${at}`, objectId: null, url })), { key: 'a', name: 'Doc 12' });
  await fetchDocuments(context, ports);
  for (const at of odd.keys()) assert.equal((await documentOf(context, `odd${at}`)).state, 'refused', odd[at]);
  const { name, filename } = await documentOf(context, 'a');
  assert.deepEqual([name, filename], ['Doc 12', 'plan.pdf']);
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

test('an aborted download is released, and does not count as an attempt', async (t) => {
  const stop = new AbortController();
  const endless = new Readable({ read: () => stop.abort() });
  const { context, ports } = await ground(t, 'sqlite', () => body('', { content: endless, contentLength: null }));
  await announce(context, { key: 'a' });
  const [claimed] = await claimDueDocuments(context, { limit: 1, atOnce: 5, busy: [] });
  assert.ok(claimed);
  await fetchDocument(context, ports, claimed, stop.signal);
  const [again] = await claimDueDocuments(context, { limit: 1, atOnce: 5, busy: [] });
  assert.deepEqual([again?.id, again?.tries], ['doc-a', 0]);
});

test('the worker downloads what is announced while it runs, and can stop in the middle of a download', async (t) => {
  const arrived = Promise.withResolvers<void>();
  const stuck = Promise.withResolvers<void>();
  const { context, ports } = await ground(t, 'sqlite', (key) => {
    if (key === 'a') return body('quick');
    const waiting = new Readable({ read: () => stuck.resolve() });
    return body('', { content: waiting, contentLength: null });
  });
  const put = ports.storage.put.bind(ports.storage);
  const watched: DocumentStorage = {
    ...ports.storage,
    async put(content, options) {
      const stored = await put(content, options);
      arrived.resolve();
      return stored;
    },
  };
  const worker = startDocumentWorker(context, { ...ports, storage: watched });
  await announce(context, { key: 'a' });
  context.feedChanged.notify();
  await arrived.promise;
  await announce(context, { key: 'b' });
  context.feedChanged.notify();
  await stuck.promise;
  await worker.stop();
  assert.equal((await documentOf(context, 'a')).state, 'stored');
  assert.equal((await documentOf(context, 'b')).state, 'announced');
});

test('thirty unreachable addresses and four slow ones delay no other document', async (t) => {
  const { context, ports, clock } = await ground(t, 'sqlite', () => new Error('unused'));
  const ended = Promise.withResolvers<never>();
  ended.promise.catch(() => {});
  const opened: string[] = [];
  const all = Promise.withResolvers<void>();
  const openPublic = async (url: string) => {
    opened.push(url);
    if (opened.some((one) => one.includes('good')) && opened.includes('https://slow.example/4')) all.resolve();
    return url.includes('good') ? { headers: {}, content: Readable.from(['good']) } : ended.promise;
  };
  const partner = (url: string) => ({ key: url.replaceAll(/\W/g, '-'), objectId: null, url });
  const urls = [
    ...Array.from({ length: 15 }, (_, at) => `https://hopeless.example/${at}`),
    ...Array.from({ length: 15 }, (_, at) => `https://hopeless${at}.example/`),
    ...Array.from({ length: 5 }, (_, at) => `https://slow.example/${at}`),
    'https://good.example/',
  ];
  await announce(context, ...urls.map(partner));
  const worker = startDocumentWorker(context, { ...ports, openPublic });
  while (opened.length < 24) await context.feedChanged.wait(20);
  // The fifth of the slow address has its turn once the first four are known to be slow.
  clock.advance(21_000);
  await all.promise;
  assert.ok(opened.length < urls.length, 'those of one hopeless address take turns');
  ended.reject(new RemoteFailure('remote_unreachable', 'gone', 0));
  await worker.stop();
  assert.equal((await documentOf(context, 'https---good-example-')).state, 'stored');
});

test("neither the log nor the error contains a document's content or the full address of its source", async (t) => {
  const { context, ports, log } = await ground(t, 'sqlite', () => new Error('unused'));
  await announce(context, { key: 'a', objectId: null, url: 'http://127.0.0.1:9/doc?signature=hush' });
  await fetchDocuments(context, ports);
  assert.ok(!JSON.stringify([log.lines, (await documentOf(context, 'a')).error]).includes('hush'));
});
