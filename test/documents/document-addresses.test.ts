import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import test from 'node:test';
import { fetchDocuments } from '../../src/documents/fetch-documents.ts';
import { remoteServer } from '../remote/remote-server.ts';
import { testOnEngines } from '../support/engines.ts';
import { announce, documentOf } from './announced.ts';
import { body, ground } from './support.ts';

testOnEngines('an address inside our own network is refused, and no request is sent', async (t, engine) => {
  let calls = 0;
  const inside = await remoteServer(t, (_request, response) => {
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

testOnEngines("an address that is not http or https is refused, and a file gets the platform's own name", async (t, engine) => {
  const { context, ports } = await ground(t, engine, () => body('plan', { filename: 'plan.pdf' }));
  const odd = ['file:///etc/passwd', 'ftp://files.example/a.pdf', 'javascript:alert(1)', 'files.example/a.pdf', 'gopher:x'];
  await announce(context, ...odd.map((url, at) => ({ key: `odd${at}`, objectId: null, url })), { key: 'a', name: 'Doc 12' });
  await fetchDocuments(context, ports);
  for (const at of odd.keys()) assert.equal((await documentOf(context, `odd${at}`)).state, 'refused', odd[at]);
  const { name, filename } = await documentOf(context, 'a');
  assert.deepEqual([name, filename], ['Doc 12', 'plan.pdf']);
});

test("neither the log nor the error contains a document's content or the full address of its source", async (t) => {
  const { context, ports, log } = await ground(t, 'sqlite', () => new Error('unused'));
  await announce(context, { key: 'a', objectId: null, url: 'http://127.0.0.1:9/doc?signature=hush' });
  await fetchDocuments(context, ports);
  assert.ok(!JSON.stringify([log.lines, (await documentOf(context, 'a')).error]).includes('hush'));
});
