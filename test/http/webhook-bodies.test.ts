import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';
import test from 'node:test';
import { gzipSync } from 'node:zlib';
import request from 'supertest';
import { until } from '../support/until.ts';
import { BASIC, connectionNamed, ORDER, openTestServer, post } from './test-server.ts';

test('a body that cannot be read is answered 400 and passed on all the same', async () => {
  const testServer = openTestServer();
  const answer = await post(testServer).set('Content-Type', 'application/json').send('{"eventName":');
  assert.equal(answer.status, 400);
  assert.equal(answer.body.code, 'invalid_body');
  assert.equal(answer.body.deliveryId, 'delivery-1');
  assert.equal(testServer.taken[0]?.body.toString(), '{"eventName":');
});

test('an empty body stays an empty body', async () => {
  const testServer = openTestServer();
  const answer = await post(testServer);
  assert.equal(answer.status, 400);
  assert.equal(testServer.taken[0]?.body.length, 0);
  assert.equal(testServer.taken[0]?.format, 'json');
});

test('the format follows the content type, or the first character without one', async () => {
  const testServer = openTestServer();
  const send = (type: string, body: string) => post(testServer, '/webhooks/acme/orders').set('Content-Type', type).send(body);
  await send('application/json', '{"a":1}');
  await send('Application/JSON; charset="utf-8"', '{"a":2}');
  await send('application/cloudevents+json', '{"a":3}');
  await send('text/xml; charset=utf-8', '<a/>');
  await send('application/soap+xml', '<b/>');
  const sendBare = (body: string) => post(testServer, '/webhooks/acme/orders').send(Buffer.from(body));
  await sendBare(' \n<c/>');
  await sendBare('\ufeff<d/>');
  await sendBare('{"a":4}');
  assert.equal(testServer.taken.at(-1)?.headers['content-type'], undefined);
  assert.deepEqual(
    testServer.taken.map((taken) => taken.format),
    ['json', 'json', 'json', 'xml', 'xml', 'xml', 'xml', 'json'],
  );
});

test('a gzipped body is decompressed', async () => {
  const testServer = openTestServer();
  const send = (encoding: string, body: Buffer) =>
    post(testServer)
      .set('Content-Type', 'application/json')
      .set('Content-Encoding', encoding)
      .serialize((raw) => raw)
      .send(body);
  assert.equal((await send('gzip', gzipSync('{"packed":1}'))).status, 202);
  assert.equal((await send('x-gzip', gzipSync('{"packed":2}'))).status, 202);
  assert.equal((await send('identity', Buffer.from('{"packed":3}'))).status, 202);
  assert.deepEqual(
    testServer.taken.map((taken) => taken.body.toString()),
    ['{"packed":1}', '{"packed":2}', '{"packed":3}'],
  );
});

test('other encodings are answered 415', async () => {
  const testServer = openTestServer();
  for (const encoding of ['br', 'deflate', 'gzip, gzip', 'zstd']) {
    const answer = await post(testServer).set('Content-Encoding', encoding).send(ORDER);
    assert.equal(answer.status, 415, encoding);
    assert.equal(answer.body.code, 'unsupported_encoding');
  }
});

test('a body that cannot be decompressed is stored as it arrived, and answered 400', async () => {
  const testServer = openTestServer();
  const torn = gzipSync('{"packed":1}'.repeat(50)).subarray(0, 30);
  const answer = await post(testServer)
    .set('Content-Type', 'application/json')
    .set('Content-Encoding', 'gzip')
    .serialize((raw) => raw)
    .send(torn);
  assert.equal(answer.status, 400);
  assert.equal(answer.body.code, 'invalid_body');
  assert.deepEqual(testServer.taken[0]?.body, torn);
});

test('a body above the limit is answered 413, compressed or not, announced or not', async () => {
  const testServer = openTestServer({ maxBodyBytes: 100_000 });
  const large = JSON.stringify({ text: 'x'.repeat(100_000) });
  const announced = await post(testServer).set('Content-Type', 'application/json').send(large);
  assert.equal(announced.status, 413);
  assert.equal(announced.body.code, 'body_too_large');

  const bomb = gzipSync(Buffer.alloc(50_000_000));
  const unpacked = await post(testServer)
    .set('Content-Type', 'application/json')
    .set('Content-Encoding', 'gzip')
    .serialize((raw) => raw)
    .send(bomb);
  assert.equal(unpacked.status, 413);

  const chunked = post(testServer).set('Content-Type', 'application/json').set('Transfer-Encoding', 'chunked');
  for (let part = 0; part < 10; part++) chunked.write('y'.repeat(20_000));
  assert.equal((await chunked).status, 413);
  assert.deepEqual(testServer.answers, Array(3).fill('acme 413 body_too_large'));
  assert.equal(testServer.taken.length, 0);

  const fits = JSON.stringify({ text: 'x'.repeat(99_000) });
  assert.equal((await post(testServer).set('Content-Type', 'application/json').send(fits)).status, 202);
});

test('many concurrent large bodies are all accepted, one after the other', async () => {
  const testServer = openTestServer({ maxBodyBytes: 40_000_000 });
  const text = 'z'.repeat(12_000_000);
  const answers = await Promise.all(Array.from({ length: 8 }, (_, number) => post(testServer).send({ number, text })));
  assert.deepEqual(
    answers.map((answer) => answer.status),
    Array(8).fill(202),
  );
});

test('a sender that disconnects in the middle leaves nothing behind', async () => {
  const testServer = openTestServer();
  const server = createServer(testServer.app).listen(0);
  const { port } = server.address() as { port: number };
  const gone = new Promise<void>((resolve) => {
    server.once('request', (incoming) => incoming.once('close', resolve));
  });
  const socket = connect(port, '127.0.0.1');
  const authorization = `Authorization: Basic ${Buffer.from('sender:north-star').toString('base64')}\r\n`;
  socket.write(
    `POST /webhooks/acme HTTP/1.1\r\nHost: a\r\n${authorization}Content-Type: application/json\r\nContent-Length: 50\r\n\r\n{"half"`,
  );
  server.once('request', () => socket.destroy());
  await gone;
  await new Promise((resolve) => server.close(resolve));
  assert.deepEqual(testServer.answers, []);
  assert.equal(testServer.taken.length, 0);
});

test('a signed body is hashed as it arrives, small or large, compressed or not', async () => {
  const testServer = openTestServer({ connections: [connectionNamed('bare', [])], maxBodyBytes: 20_000_000 });
  const send = (body: Buffer, signed: Buffer, headers: Record<string, string> = {}) =>
    request(testServer.app)
      .post('/webhooks/bare')
      .set('Content-Type', 'application/json')
      .set('X-Signed', createHash('sha256').update(signed).digest('hex'))
      .set(headers)
      .serialize((raw) => raw)
      .send(body);
  for (const bytes of [10, 100_000, 5_000_000]) {
    const body = Buffer.from(JSON.stringify({ text: randomBytes(bytes).toString('base64') }));
    assert.equal((await send(body, body)).status, 202);
    assert.ok(testServer.taken.at(-1)?.body.equals(body));
    const packed = await send(gzipSync(body), body, { 'Content-Encoding': 'gzip' });
    assert.deepEqual(packed.body, { status: 'duplicate', deliveryId: `delivery-${testServer.taken.length / 2}` });
    assert.equal((await send(body, Buffer.from('other'))).status, 401);
  }
});

test('a compressed body never waits for memory that it holds itself, whatever the limit', async () => {
  const testServer = openTestServer({ maxBodyBytes: 60_000_000 });
  const body = Buffer.from(JSON.stringify({ text: randomBytes(30_000_000).toString('base64') }));
  const answer = await post(testServer)
    .set('Content-Type', 'application/json')
    .set('Content-Encoding', 'gzip')
    .serialize((raw) => raw)
    .send(gzipSync(body, { level: 1 }));
  assert.equal(answer.status, 202);
  assert.equal(testServer.taken[0]?.body.length, body.length);
});

test('large bodies that do not arrive completely hold up no other', async (t) => {
  const testServer = openTestServer({
    connections: [connectionNamed('acme', [BASIC]), connectionNamed('bare', [])],
    maxBodyBytes: 20_000_000,
  });
  const server = createServer(testServer.app).listen(0);
  const { port } = server.address() as { port: number };
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const sockets: Socket[] = [];
  const answered: string[] = [];
  server.on('connection', (socket) => sockets.push(socket));
  const sendPart = (connection: string, header: string, bytes: number) => {
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    socket.on('data', (answer) => answered.push(answer.toString()));
    socket.write(`POST /webhooks/${connection} HTTP/1.1\r\nHost: a\r\n${header}\r\nContent-Length: ${bytes + 1}\r\n\r\n`);
    socket.write(Buffer.alloc(bytes, ' '));
  };
  const authorization = `Authorization: Basic ${Buffer.from('sender:north-star').toString('base64')}`;
  for (let n = 0; n < 40; n++) sendPart('bare', 'X-Signed: 0', 1_100_000);
  for (let n = 0; n < 4; n++) sendPart('acme', authorization, 12_000_000);
  await until(
    'all that was sent has been read',
    () => sockets.reduce((sum, { bytesRead }) => sum + bytesRead, 0),
    (sum) => sum > 40 * 1_100_000 + 4 * 12_000_000,
  );
  for (const text of ['a', 'b']) {
    const body = Buffer.from(JSON.stringify({ text: text.repeat(300_000) }));
    const signed = { 'Content-Type': 'application/json', 'X-Signed': createHash('sha256').update(body).digest('hex') };
    const send = (connection: string, headers: Record<string, string>) =>
      fetch(`http://127.0.0.1:${port}/webhooks/${connection}`, { method: 'POST', headers, body });
    assert.equal((await send('bare', signed)).status, 202);
    assert.notEqual((await send('acme', { ...signed, Authorization: authorization.slice('Authorization: '.length) })).status, 503);
  }
  assert.deepEqual(answered, []);
});
