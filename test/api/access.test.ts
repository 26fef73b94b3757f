import assert from 'node:assert/strict';
import test from 'node:test';
import { ADMIN, OPERATOR, READER, startApi, testWithApi } from './support.ts';

const basic = (name: string, key: string) => ({
  key: null,
  headers: { Authorization: `Basic ${Buffer.from(`${name}:${key}`).toString('base64')}` },
});

testWithApi('a request needs a key, as Bearer or Basic credentials', async (api) => {
  const refused = await api.get('/orders', { key: null });
  assert.deepEqual([refused.status, refused.json.code], [401, 'unauthorized']);
  assert.match(refused.headers.get('www-authenticate') ?? '', /Bearer .*Basic /);
  assert.equal((await api.get('/orders', { key: 'wrong' })).status, 401);
  assert.equal((await api.get('/orders', basic('r', READER))).status, 200);
  assert.equal((await api.get('/orders', basic('a', READER))).status, 401);
  assert.equal((await api.get('/orders', basic('r', ''))).status, 401);
  assert.equal((await api.get('/orders', { key: null, headers: { Authorization: 'Bearer' } })).status, 401);
  assert.equal((await api.get('/nothing', { key: null })).status, 401);
  assert.equal((await api.get('/nothing')).status, 404);
  assert.equal((await api.call('PATCH', '/orders')).status, 405);
});

testWithApi('credentials and roles are checked first: 401 and 403 take precedence over 400 and 404', async (api) => {
  assert.equal((await api.get('/orders?limit=0', { key: null })).status, 401);
  assert.equal((await api.call('POST', '/keys', { key: OPERATOR, body: { role: 'king' } })).json.code, 'forbidden');
  const asReader: [string, string][] = [
    ['POST', '/deliveries/none/replay'],
    ['POST', '/deliveries/replay'],
    ['PUT', '/consumers/erp'],
    ['DELETE', '/consumers/erp'],
    ['POST', '/connections/acme/reconcile'],
    ['POST', '/keys'],
    ['DELETE', '/keys/r'],
  ];
  for (const [method, path] of asReader) assert.equal((await api.call(method, path, { key: READER, body: 'no json' })).status, 403, path);
  assert.equal((await api.call('DELETE', '/keys/r', { key: OPERATOR })).status, 403);
});

testWithApi('a key is shown once, is valid immediately, and is invalid immediately after its revocation', async (api) => {
  const made = await api.call('POST', '/keys', { body: { name: 'erp', role: 'reader' } });
  assert.equal(made.status, 201);
  const { key } = made.json;
  assert.equal((await api.get('/orders', { key })).status, 200);
  assert.equal((await api.get('/orders', basic('erp', key))).status, 200);
  assert.equal((await api.get('/orders', basic('other', key))).status, 401);
  assert.equal((await api.call('PUT', '/consumers/erp', { key })).status, 403);
  const list = await api.get('/keys');
  assert.equal(list.text.includes(key), false);
  const row = list.json.data.find((one: { name: string }) => one.name === 'erp');
  assert.deepEqual(row, {
    name: 'erp',
    role: 'reader',
    connections: null,
    consumers: null,
    createdAt: '2026-03-01T12:00:00.000Z',
    lastUsedAt: '2026-03-01T12:00:00.000Z',
    origin: 'stored',
  });
  const stored = await api.db.read.all<Record<string, unknown>>('select * from api_keys');
  assert.equal(JSON.stringify(stored).includes(key), false);
  assert.equal((await api.call('POST', '/keys', { body: { name: 'erp', role: 'admin' } })).status, 409);
  assert.equal((await api.call('POST', '/keys', { body: { name: 'a', role: 'admin' } })).status, 409);
  assert.equal((await api.call('POST', '/keys', { body: { name: 'x', role: 'king' } })).status, 400);
  assert.equal((await api.call('DELETE', '/keys/erp', { key: ADMIN })).status, 204);
  assert.equal((await api.get('/orders', { key })).status, 401);
  assert.equal((await api.call('DELETE', '/keys/erp')).status, 404);
});

test('bodies that are not JSON, or have another content type, are rejected with a problem', async () => {
  const api = await startApi('sqlite');
  try {
    const broken = await api.call('POST', '/keys', { body: '{"name":' });
    assert.deepEqual([broken.status, broken.json.code], [400, 'invalid_request']);
    assert.equal((await api.call('POST', '/keys', { body: 'name=x', headers: { 'Content-Type': 'text/plain' } })).status, 415);
    const bodiless = await api.call('POST', '/keys');
    assert.deepEqual([bodiless.status, bodiless.json.detail], [415, 'Send a JSON body with "Content-Type: application/json".']);
  } finally {
    await api.close();
  }
});

test('the API description is served without a key, and rendered as a page that loads nothing from other hosts', async () => {
  const api = await startApi('sqlite');
  try {
    const spec = await api.get('/openapi.json', { key: null });
    assert.deepEqual([spec.status, spec.json.openapi], [200, '3.1.0']);
    const page = await fetch(`${api.url}/api/docs`);
    const html = await page.text();
    assert.match(page.headers.get('content-type') ?? '', /^text\/html/);
    assert.match(page.headers.get('content-security-policy') ?? '', /default-src 'none'/);
    for (const path of Object.keys(spec.json.paths)) assert.ok(html.includes(`<code>${path}</code>`), path);
    assert.equal(/(src|href)="(https?:)?\/\//.test(html), false);
  } finally {
    await api.close();
  }
});

test('a large response is compressed if the client accepts it', async () => {
  const api = await startApi('sqlite');
  try {
    const plain = await (await fetch(`${api.url}/api/v1/openapi.json`, { headers: { 'Accept-Encoding': 'identity' } })).text();
    for (const encoding of ['gzip', 'br']) {
      const packed = await fetch(`${api.url}/api/v1/openapi.json`, { headers: { 'Accept-Encoding': encoding } });
      assert.equal(packed.headers.get('content-encoding'), encoding);
      assert.equal(await packed.text(), plain);
    }
  } finally {
    await api.close();
  }
});
