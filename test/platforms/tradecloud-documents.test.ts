import assert from 'node:assert/strict';
import { text } from 'node:stream/consumers';
import test from 'node:test';
import { RemoteFailure } from '../../src/domain/errors.ts';
import { attach, scene } from './tradecloud-scene.ts';

test('a document is downloaded by fresh metadata, without authorisation at the storage', async (t) => {
  const { api, simulation, asked } = await scene(t);
  const { objectId, name } = attach(simulation);
  const opened = await api.openDocument?.({ objectId, url: null });
  assert.ok(opened);
  assert.equal(opened.filename, name);
  assert.equal(opened.contentType, 'text/plain');
  const content = await text(opened.content);
  assert.match(content, new RegExp(name.replace('.txt', '')));
  assert.equal(opened.contentLength, null);
  assert.ok(asked.at(-1)?.startsWith('GET /presigned/'));
});

test('an expired address is a 403 that the caller can retry', async (t) => {
  const { api, simulation, fault } = await scene(t);
  const { objectId } = attach(simulation);
  Object.assign(fault, { status: 403, path: /^\/presigned/ });
  const open = async () => api.openDocument?.({ objectId, url: null });
  await assert.rejects(open(), (error) => error instanceof RemoteFailure && error.status === 403);
});

test('if the storage cannot be reached, the platform itself streams the file', async (t) => {
  const { api, simulation, asked, tools } = await scene(t);
  const { objectId } = attach(simulation);
  tools.baseUrl = 'http://127.0.0.1:1';
  const opened = await api.openDocument?.({ objectId, url: null });
  assert.ok(opened);
  assert.match(await text(opened.content), /simulated Tradecloud/);
  assert.equal(asked.at(-1), `GET /object-storage/document/${objectId}`);
});

test("a partner's address is opened only if it is public", async (t) => {
  const { api, base } = await scene(t);
  const open = async () => api.openDocument?.({ objectId: null, url: `${base}/presigned/x` });
  await assert.rejects(open(), (error) => error instanceof RemoteFailure && error.code === 'address_refused');
});
