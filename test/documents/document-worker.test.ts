import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import test from 'node:test';
import { claimDueDocuments, fetchDocument, fetchDocuments } from '../../src/documents/fetch-documents.ts';
import type { DocumentStorage } from '../../src/documents/storage/storage.ts';
import { startDocumentWorker } from '../../src/documents/worker.ts';
import { RemoteFailure } from '../../src/domain/errors.ts';
import { testOnEngines } from '../support/engines.ts';
import { announce, documentOf } from './announced.ts';
import { body, ground } from './support.ts';

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
  // The fifth of the slow address is processed once the first four are known to be slow.
  clock.advance(21_000);
  await all.promise;
  assert.ok(opened.length < urls.length, 'those of one hopeless address take turns');
  ended.reject(new RemoteFailure('remote_unreachable', 'gone', 0));
  await worker.stop();
  assert.equal((await documentOf(context, 'https---good-example-')).state, 'stored');
});
