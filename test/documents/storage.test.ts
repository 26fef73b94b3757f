import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import test, { type TestContext } from 'node:test';
import { openDocumentStorage } from '../../src/documents/storage/open-storage.ts';
import { ContentMissing, type DocumentStorage } from '../../src/documents/storage/storage.ts';
import { Unavailable } from '../../src/domain/errors.ts';
import { remoteServer } from '../remote/remote-server.ts';
import { type FarBucket, startBucket } from './bucket.ts';

const MOST = 1024 * 1024;

interface Place {
  storage: DocumentStorage;
  /** Names of all files in the storage and its temporary directory. */
  contents(): Promise<string[]>;
}

async function directory(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'orderdock-documents-'));
  t.after(() => rm(path, { recursive: true, force: true }));
  return path;
}

async function fileNames(path: string): Promise<string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

async function filePlace(t: TestContext): Promise<Place> {
  const path = join(await directory(t), 'documents');
  const storage = await openDocumentStorage(`file:${path}`, { endpoint: null, workDirectory: '/nowhere' });
  await storage.prepare();
  return { storage, contents: () => fileNames(path) };
}

async function bucketPlace(t: TestContext): Promise<Place> {
  const bucket: FarBucket = await startBucket(t, 'deeds');
  const workDirectory = join(await directory(t), 'incoming');
  const storage = await openDocumentStorage('s3://deeds/kept/here/', { endpoint: bucket.endpoint, workDirectory });
  t.after(() => storage.close());
  await storage.prepare();
  return { storage, contents: async () => [...(await bucket.keys()), ...(await fileNames(workDirectory))] };
}

const PLACES = { files: filePlace, s3: bucketPlace };

const pieces = (bytes: Buffer): Readable => Readable.from([bytes.subarray(0, 10), bytes.subarray(10)]);
const sha256Of = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

for (const [name, makePlace] of Object.entries(PLACES)) {
  test(`${name}: stored content is returned by its hash, complete and by range`, async (t) => {
    const { storage } = await makePlace(t);
    const bytes = randomBytes(200_000);
    const stored = await storage.put(pieces(bytes), { maxBytes: MOST });
    assert.deepEqual(stored, { sha256: sha256Of(bytes), bytes: 200_000 });
    assert.deepEqual(await buffer(await storage.openContent(stored.sha256, null)), bytes);
    assert.deepEqual(await buffer(await storage.openContent(stored.sha256, { start: 5, end: 20 })), bytes.subarray(5, 21));
    assert.equal(await storage.sizeOf(stored.sha256), 200_000);
  });

  test(`${name}: identical content is stored once`, async (t) => {
    const { storage, contents } = await makePlace(t);
    const bytes = randomBytes(1000);
    await storage.put(pieces(bytes), { maxBytes: MOST });
    await storage.put(pieces(bytes), { maxBytes: MOST });
    assert.equal((await contents()).filter((entry) => entry.endsWith(sha256Of(bytes))).length, 1);
    assert.equal((await contents()).length, 1);
  });

  test(`${name}: two concurrent writes of the same content both succeed`, async (t) => {
    const { storage, contents } = await makePlace(t);
    const bytes = randomBytes(50_000);
    const both = await Promise.all([storage.put(pieces(bytes), { maxBytes: MOST }), storage.put(pieces(bytes), { maxBytes: MOST })]);
    assert.deepEqual(both[0], both[1]);
    assert.equal((await contents()).length, 1);
  });

  test(`${name}: empty content is stored`, async (t) => {
    const { storage } = await makePlace(t);
    const stored = await storage.put(Readable.from([]), { maxBytes: MOST });
    assert.equal(stored.bytes, 0);
    assert.equal(await storage.sizeOf(stored.sha256), 0);
    assert.equal((await buffer(await storage.openContent(stored.sha256, null))).length, 0);
  });

  test(`${name}: content above the limit leaves nothing behind, and its source is closed`, async (t) => {
    const { storage, contents } = await makePlace(t);
    const endless = Readable.from(
      (function* () {
        for (;;) yield Buffer.alloc(65_536);
      })(),
    );
    await assert.rejects(storage.put(endless, { maxBytes: MOST }), { code: 'too_large' });
    assert.ok(endless.destroyed);
    assert.deepEqual(await contents(), []);
  });

  test(`${name}: a source that breaks off leaves nothing behind, and its own error is reported`, async (t) => {
    const { storage, contents } = await makePlace(t);
    const broken = Readable.from(
      (async function* () {
        yield Buffer.from('half');
        throw new Error('the line went dead');
      })(),
    );
    await assert.rejects(storage.put(broken, { maxBytes: MOST }), /the line went dead/);
    assert.deepEqual(await contents(), []);
  });

  test(`${name}: an aborted put leaves nothing behind`, async (t) => {
    const { storage, contents } = await makePlace(t);
    const stop = new AbortController();
    const waiting = new Readable({
      read() {
        stop.abort();
      },
    });
    await assert.rejects(storage.put(waiting, { maxBytes: MOST, stop: stop.signal }), { name: 'AbortError' });
    assert.deepEqual(await contents(), []);
  });

  test(`${name}: unknown content is reported as missing, and text that is not a hash leads nowhere`, async (t) => {
    const { storage } = await makePlace(t);
    await assert.rejects(storage.openContent('0'.repeat(64), null), ContentMissing);
    assert.equal(await storage.sizeOf('0'.repeat(64)), null);
    await assert.rejects(storage.openContent('../../etc/passwd', null), ContentMissing);
  });
}

test('files are readable only by their owner and lie under the first digits of their hash', async (t) => {
  const root = await directory(t);
  const storage = await openDocumentStorage(`file:${root}`, { endpoint: null, workDirectory: '/nowhere' });
  await storage.prepare();
  const { sha256 } = await storage.put(Readable.from([Buffer.from('a bill')]), { maxBytes: MOST });
  const path = join(root, sha256.slice(0, 2), sha256.slice(2, 4), sha256);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.equal(await readFile(path, 'utf8'), 'a bill');
});

test('temporary files of a dead process are deleted after a day', async (t) => {
  const root = await directory(t);
  const storage = await openDocumentStorage(`file:${root}`, { endpoint: null, workDirectory: '/nowhere' });
  await storage.prepare();
  const incoming = join(root, '.incoming');
  await writeFile(join(incoming, 'old.part'), 'x');
  await utimes(join(incoming, 'old.part'), 1_000_000, 1_000_000);
  await writeFile(join(incoming, 'new.part'), 'x');
  await storage.prepare();
  assert.deepEqual(await readdir(incoming), ['new.part']);
});

test('a directory that is not writable is reported, and the document is not lost', async (t) => {
  const root = await directory(t);
  // A file in place of the directory: rejected for root as well, which modes do not restrict.
  await writeFile(join(root, 'documents'), 'in the way');
  await chmod(join(root, 'documents'), 0o600);
  const storage = await openDocumentStorage(`file:${root}/documents`, { endpoint: null, workDirectory: '/nowhere' });
  await assert.rejects(storage.prepare(), (error) => error instanceof Unavailable && error.code === 'storage_unavailable');
  await assert.rejects(storage.put(Readable.from(['x']), { maxBytes: MOST }), (error) => error instanceof Unavailable);
});

test('a bucket that does not respond is reported', async (t) => {
  const bucket = await startBucket(t, 'deeds');
  const storage = await openDocumentStorage('s3://another/kept', { endpoint: bucket.endpoint, workDirectory: await directory(t) });
  t.after(() => storage.close());
  await assert.rejects(storage.prepare(), (error) => error instanceof Unavailable);
  await assert.rejects(storage.put(Readable.from([Buffer.from('x')]), { maxBytes: MOST }), (error) => error instanceof Unavailable);
});

test('a bucket that asks for a pause is not called before it ends, after an hour at the latest', async (t) => {
  await startBucket(t, 'credentials');
  let calls = 0;
  const endpoint = await remoteServer(t, (_request, response) => {
    calls += 1;
    response.writeHead(503, { 'retry-after': '31536000' }).end();
  });
  const storage = await openDocumentStorage('s3://deeds', { endpoint, workDirectory: await directory(t) });
  t.after(() => storage.close());
  const waits = (error: unknown) => error instanceof Unavailable && error.retryAfterMs > 3_500_000 && error.retryAfterMs <= 3_600_000;
  for (let n = 0; n < 2; n++) {
    await assert.rejects(storage.put(Readable.from([Buffer.from('x')]), { maxBytes: MOST }), waits);
    await assert.rejects(storage.openContent('a'.repeat(64), null), waits);
  }
  assert.equal(calls, 1);
});

test('an address of another kind is rejected', async () => {
  await assert.rejects(openDocumentStorage('ftp://somewhere', { endpoint: null, workDirectory: '/nowhere' }), {
    code: 'invalid_documents_url',
  });
});
