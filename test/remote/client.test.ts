import assert from 'node:assert/strict';
import { text } from 'node:stream/consumers';
import test from 'node:test';
import { gzipSync } from 'node:zlib';
import { RemoteFailure, RemoteMissing } from '../../src/domain/errors.ts';
import type { Log } from '../../src/domain/log.ts';
import { clientOptions, failure, remoteOnFakeTime, remoteServer, silentLog } from './remote-server.ts';

test('a call joins the base address, keeps the body as text and sends its authorisation', async (t) => {
  const seen: string[] = [];
  const base = await remoteServer(t, (request, response, body) => {
    seen.push(`${request.method} ${request.url} ${request.headers.authorization} ${request.headers['content-type']} ${body}`);
    response.end('{"price":1.10}');
  });
  const client = remoteOnFakeTime().remote.client(clientOptions(`${base}/v2/`));
  const answer = await client.call({ method: 'POST', path: '/order/poll', query: { page: 2, empty: null }, body: { limit: 100 } });
  assert.equal(answer.text, '{"price":1.10}');
  assert.deepEqual(seen, ['POST /v2/order/poll?page=2 Bearer first application/json {"limit":100}']);
});

test('an address of another origin is refused before credentials are sent', async (t) => {
  const base = await remoteServer(t, (_request, response) => response.end('never'));
  const client = remoteOnFakeTime().remote.client(clientOptions(base));
  await assert.rejects(client.call({ method: 'GET', path: 'http://localhost:1/steal' }), failure('remote_refused', 0));
});

test('a redirect is not followed', async (t) => {
  let calls = 0;
  const base = await remoteServer(t, (_request, response) => {
    calls += 1;
    response.writeHead(302, { location: '/elsewhere' }).end();
  });
  await assert.rejects(
    remoteOnFakeTime().remote.client(clientOptions(base)).call({ method: 'GET', path: '/' }),
    failure('remote_redirected', 302),
  );
  assert.equal(calls, 1);
});

test('404 and 410 mean that the resource is missing', async (t) => {
  const base = await remoteServer(t, (request, response) => response.writeHead(request.url === '/gone' ? 410 : 404).end());
  const client = remoteOnFakeTime().remote.client(clientOptions(base));
  await assert.rejects(client.call({ method: 'GET', path: '/gone' }), RemoteMissing);
  await assert.rejects(client.call({ method: 'GET', path: '/nothing' }), RemoteMissing);
});

test('no response within the timeout is a failure without status', async (t) => {
  const base = await remoteServer(t, () => {});
  const client = remoteOnFakeTime().remote.client(clientOptions(base, { timeoutMs: 20 }));
  await assert.rejects(client.call({ method: 'GET', path: '/slow' }), failure('remote_timeout', 0));
});

test('an error for an unreachable remote contains neither query nor credentials, including its causes', async () => {
  const client = remoteOnFakeTime().remote.client(
    clientOptions('http://127.0.0.1:1', { authorize: async () => ({ Authorization: 'Bearer hush' }) }),
  );
  const error = await client.call({ method: 'GET', path: '/x', query: { token: 'hush' } }).catch((thrown: unknown) => thrown);
  assert.ok(error instanceof RemoteFailure);
  assert.equal(error.code, 'remote_unreachable');
  assert.doesNotMatch(`${error.stack} ${JSON.stringify(error)} ${JSON.stringify(error.cause)} ${error.cause}`, /hush/);
});

test('five failures in a row open the circuit and one successful response closes it again', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.parse('2026-03-01T12:00:00Z') });
  let calls = 0;
  let healthy = false;
  const base = await remoteServer(t, (_request, response) => {
    calls += 1;
    response.writeHead(healthy ? 200 : 500).end();
  });
  const client = remoteOnFakeTime().remote.client(clientOptions(base));
  for (let i = 0; i < 4; i++) await assert.rejects(client.call({ method: 'GET', path: '/' }), failure('remote_unavailable', 500));
  // Down: the requested resource is not the cause.
  await assert.rejects(client.call({ method: 'GET', path: '/' }), failure('circuit_open', 0));
  assert.equal(client.circuit(), 'open');
  const refused = await client.call({ method: 'GET', path: '/' }).catch((error: RemoteFailure) => error);
  assert.ok(refused instanceof RemoteFailure);
  assert.equal(refused.code, 'circuit_open');
  assert.ok(refused.retryAfterMs !== null && refused.retryAfterMs > 1000 && refused.retryAfterMs <= 2000);
  assert.equal(calls, 5);
  t.mock.timers.tick(2000);
  healthy = true;
  await client.call({ method: 'GET', path: '/' });
  assert.equal(client.circuit(), 'closed');
});

test('4xx responses never open the circuit, and end a series of failures', async (t) => {
  let calls = 0;
  const base = await remoteServer(t, (_request, response) => {
    calls += 1;
    response.writeHead(calls === 5 ? 404 : calls > 9 ? 400 : 503).end();
  });
  const client = remoteOnFakeTime().remote.client(clientOptions(base));
  for (let i = 0; i < 20; i++) await assert.rejects(client.call({ method: 'GET', path: '/' }), RemoteFailure);
  assert.equal(calls, 20);
  assert.equal(client.circuit(), 'closed');
});

test('a body is opened as a stream, with the authorisation only when requested', async (t) => {
  const seen: (string | undefined)[] = [];
  const base = await remoteServer(t, (request, response) => {
    seen.push(request.headers.authorization);
    if (request.url === '/refused') response.writeHead(403).end('expired');
    else response.writeHead(200, { 'content-type': 'application/pdf' }).end('%PDF');
  });
  const client = remoteOnFakeTime().remote.client(clientOptions(base));
  const plain = await client.open(`${base}/file`);
  assert.deepEqual([plain.status, plain.headers['content-type'], await text(plain.content)], [200, 'application/pdf', '%PDF']);
  assert.equal(await text((await client.open('/file', { authorized: true })).content), '%PDF');
  await assert.rejects(client.open(`${base}/refused`), failure('remote_forbidden', 403));
  assert.deepEqual(seen, [undefined, 'Bearer first', undefined]);
});

test('a body that breaks off in the middle fails its stream', async (t) => {
  const base = await remoteServer(t, (_request, response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('half');
    setImmediate(() => response.destroy());
  });
  const { content } = await remoteOnFakeTime().remote.client(clientOptions(base)).open(`${base}/file`);
  await assert.rejects(text(content), failure('remote_unreachable', 0));
});

test('an answer that is cut off is a missing response, compressed or not', async (t) => {
  const base = await remoteServer(t, (request, response) => {
    const compressed = request.url === '/compressed' ? { 'content-encoding': 'gzip' } : {};
    response.writeHead(200, { 'content-length': '100', ...compressed });
    response.write(gzipSync('{"half":').subarray(0, 12), () => response.destroy());
  });
  const client = remoteOnFakeTime().remote.client(clientOptions(base));
  for (const path of ['/plain', '/compressed'])
    await assert.rejects(client.call({ method: 'GET', path }), failure('remote_unreachable', 0));
});

test('a call leaves one log line without query, body or credentials', async (t) => {
  const base = await remoteServer(t, (_request, response) => response.end('{"secret":"hush"}'));
  const lines: string[] = [];
  const log: Log = { ...silentLog, debug: (event, fields) => void lines.push(JSON.stringify({ event, ...fields })) };
  await remoteOnFakeTime(log)
    .remote.client(clientOptions(base))
    .call({ method: 'GET', path: '/x', query: { key: 'hush' } });
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? '', /"status":200/);
  assert.doesNotMatch(lines[0] ?? '', /hush|Bearer/);
});

test('a plain call returns any status as a response', async (t) => {
  const base = await remoteServer(t, (_request, response) => response.writeHead(401, { 'X-Why': 'no' }).end('closed'));
  const answer = await remoteOnFakeTime().remote.plain({ baseUrl: base, method: 'GET', path: '/login', timeoutMs: 1000 });
  assert.deepEqual([answer.status, answer.headers['x-why'], answer.text], [401, 'no', 'closed']);
});
