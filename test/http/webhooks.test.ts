import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import test from 'node:test';
import { gzipSync } from 'node:zlib';
import request from 'supertest';
import { OrderdockError, Refused, RemoteFailure, Unavailable } from '../../src/domain/errors.ts';
import { BASIC, connectionNamed, openTestServer } from './test-server.ts';

const ORDER = { eventName: 'OrderIssuedByBuyer', orderEvent: { orderId: 'c9-PO-77', lines: [] } };

const post = (testServer: ReturnType<typeof openTestServer>, path = '/webhooks/acme') =>
  request(testServer.app).post(path).auth('sender', 'north-star');

test('an authenticated webhook is answered 202 with its delivery id', async () => {
  const testServer = openTestServer();
  const answer = await post(testServer).send(ORDER);
  assert.equal(answer.status, 202);
  assert.deepEqual(answer.body, { status: 'accepted', deliveryId: 'delivery-1' });
  assert.match(answer.headers['content-type'] ?? '', /^application\/json/);
  assert.deepEqual(testServer.answers, ['acme 202 accepted']);
});

test('the same webhook again is answered 200 with the first delivery id', async () => {
  const testServer = openTestServer();
  await post(testServer).send(ORDER);
  const again = await post(testServer).send(ORDER);
  assert.equal(again.status, 200);
  assert.deepEqual(again.body, { status: 'duplicate', deliveryId: 'delivery-1' });
  assert.deepEqual(testServer.answers, ['acme 202 accepted', 'acme 200 duplicate']);
});

test('the bytes are passed on as they were sent, with path, query and headers', async () => {
  const testServer = openTestServer();
  const body = '{ "price" : 1.10 }\n';
  await post(testServer, '/webhooks/acme/orders?b=2&a=%C3%BC')
    .set('Content-Type', 'application/json; charset=utf-8')
    .set('X-Event-Id', 'e-1')
    .send(body);
  const [taken] = testServer.taken;
  assert.equal(taken?.body.toString(), body);
  assert.equal(taken?.path, '/orders');
  assert.deepEqual({ ...taken?.query }, { b: '2', a: 'ü' });
  assert.equal(taken?.headers['x-event-id'], 'e-1');
  assert.equal(taken?.format, 'json');
  assert.match(taken?.url ?? '', /^http:\/\/127\.0\.0\.1:\d+\/webhooks\/acme\/orders\?b=2&a=%C3%BC$/);
  assert.match(taken?.remoteAddress ?? '', /127\.0\.0\.1$/);
});

test('the configured public address replaces the one that was called', async () => {
  const testServer = openTestServer({ publicUrl: 'https://hooks.example.com/in' });
  await post(testServer).send(ORDER);
  assert.equal(testServer.taken[0]?.url, 'https://hooks.example.com/in/webhooks/acme');
});

test('an id in the path is one encoded segment, whatever its characters', async () => {
  const testServer = openTestServer();
  const answer = await request(testServer.app).get('/webhooks/acme/orders/c9%2FPO%3A7%20%25').auth('sender', 'north-star');
  assert.equal(answer.status, 202);
  assert.deepEqual(testServer.taken[0]?.params, { orderId: 'c9/PO:7 %' });
  assert.equal(testServer.taken[0]?.path, '/orders/c9%2FPO%3A7%20%25');
  assert.equal(testServer.taken[0]?.method, 'GET');
});

test('a trailing slash makes no difference', async () => {
  const testServer = openTestServer();
  assert.equal((await post(testServer, '/webhooks/acme/').send(ORDER)).status, 202);
  assert.equal((await request(testServer.app).get('/webhooks/acme/orders/?orderId=4').auth('sender', 'north-star')).status, 202);
  assert.deepEqual(
    testServer.taken.map((taken) => taken.path),
    ['', '/orders'],
  );
});

test('unknown connections and paths are answered 404 with a problem', async () => {
  const testServer = openTestServer();
  for (const [path, code] of [
    ['/webhooks/nobody', 'unknown_connection'],
    ['/webhooks', 'unknown_connection'],
    ['/webhooks/__proto__', 'unknown_connection'],
    ['/webhooks/acme/invoices', 'not_found'],
    ['/webhooks/acme/orders/1/2', 'not_found'],
    ['/webhooks/acme/orders/%E0%A4%A', 'not_found'],
  ] as const) {
    const answer = await post(testServer, path).send(ORDER);
    assert.equal(answer.status, 404, path);
    assert.match(answer.headers['content-type'] ?? '', /^application\/problem\+json/);
    assert.deepEqual(Object.keys(answer.body), ['type', 'title', 'status', 'code', 'detail']);
    assert.equal(answer.body.code, code, path);
  }
  assert.equal(testServer.answers[0], 'null 404 unknown_connection');
  assert.equal(testServer.taken.length, 0);
});

test('another method is answered 405 with the allowed ones', async () => {
  const testServer = openTestServer();
  const put = await request(testServer.app).put('/webhooks/acme').auth('sender', 'north-star').send(ORDER);
  assert.equal(put.status, 405);
  assert.equal(put.headers.allow, 'POST');
  assert.equal(put.body.code, 'method_not_allowed');
  const remove = await request(testServer.app).delete('/webhooks/acme/orders').auth('sender', 'north-star');
  assert.equal(remove.headers.allow, 'POST, GET');
  assert.equal((await request(testServer.app).head('/webhooks/acme')).status, 405);
});

test('missing and wrong credentials are answered 401 with the schemes, and nothing is stored', async () => {
  const bearer = { bearer: { token: 'a-token' } };
  const testServer = openTestServer({ connections: [connectionNamed('acme', [BASIC, bearer]), connectionNamed('bare', [])] });
  for (const attempt of [
    request(testServer.app).post('/webhooks/acme'),
    request(testServer.app).post('/webhooks/acme').auth('sender', 'north-sta'),
    request(testServer.app).post('/webhooks/acme').auth('sender', 'north-stars'),
    request(testServer.app).post('/webhooks/acme').auth('other', 'north-star'),
    request(testServer.app).post('/webhooks/acme').set('Authorization', 'Basic !!!'),
    request(testServer.app).post('/webhooks/acme').set('Authorization', 'Bearer'),
    request(testServer.app).post('/webhooks/acme?access_token=a-token'),
    request(testServer.app).post('/webhooks/acme').set('Authorization', 'Bearer b-token'),
  ]) {
    const answer = await attempt.send(ORDER);
    assert.equal(answer.status, 401);
    assert.equal(answer.body.code, 'unauthorized');
    assert.equal(answer.headers['www-authenticate'], 'Basic realm="orderdock", charset="UTF-8", Bearer realm="orderdock"');
  }
  const bare = await request(testServer.app).post('/webhooks/bare').send(ORDER);
  assert.equal(bare.status, 401);
  assert.ok(bare.headers['www-authenticate']);
  assert.equal(testServer.taken.length, 0);
  assert.deepEqual(testServer.answers.at(-1), 'bare 401 unauthorized');
  assert.equal(testServer.logged.length, 6, 'one line for each that shows a credential');
  assert.ok(testServer.logged.every(({ fields }) => typeof fields.credential === 'string'));
});

test('no secret appears in an answer or in the log', async () => {
  const testServer = openTestServer();
  const answer = await request(testServer.app).post('/webhooks/acme').auth('sender', 'guessed-secret').send(ORDER);
  assert.doesNotMatch(answer.text + JSON.stringify(testServer.logged), /guessed-secret|north-star/);
});

test('only the listed addresses may call', async () => {
  const local = connectionNamed('local', [BASIC], ['127.0.0.0/8']);
  const single = connectionNamed('single', [BASIC], ['::ffff:127.0.0.1', '2001:db8::/32']);
  const far = connectionNamed('far', [BASIC], ['203.0.113.7', '2001:db8::1']);
  const testServer = openTestServer({ connections: [local, single, far] });
  assert.equal((await post(testServer, '/webhooks/local').send(ORDER)).status, 202);
  assert.equal((await post(testServer, '/webhooks/single').send(ORDER)).status, 202);
  const refused = await request(testServer.app).post('/webhooks/far').send(ORDER);
  assert.equal(refused.status, 403);
  assert.equal(refused.body.code, 'ip_not_allowed');
  const forged = await post(testServer, '/webhooks/far').set('X-Forwarded-For', '203.0.113.7').send(ORDER);
  assert.equal(forged.status, 403, 'nobody is believed unless the proxy is trusted');
});

test('behind a trusted proxy the sender is the one that the proxy names', async () => {
  const testServer = openTestServer({ trustProxy: 1, connections: [connectionNamed('far', [BASIC], ['203.0.113.7', '2001:db8::/32'])] });
  const send = (forwarded: string) => post(testServer, '/webhooks/far').set('X-Forwarded-For', forwarded).send({ forwarded });
  assert.equal((await send('203.0.113.7')).status, 202);
  assert.equal((await send('::ffff:203.0.113.7')).status, 202);
  assert.equal((await send('2001:db8:5::9')).status, 202);
  assert.equal((await send('203.0.113.7, 198.51.100.1')).status, 403, 'only the last hop is believed');
  assert.equal((await send('203.0.113.7:51234')).status, 202, 'a port is not part of the address');
  assert.equal((await send('[2001:db8:5::9]:443')).status, 202);
  assert.equal((await send('unknown')).status, 403);
});

test('plain HTTP is rejected if HTTPS is required, unless a trusted proxy received it over HTTPS', async () => {
  const plain = openTestServer({ requireHttps: true });
  const refused = await post(plain).set('X-Forwarded-Proto', 'https').send(ORDER);
  assert.equal(refused.status, 403);
  assert.equal(refused.body.code, 'https_required');
  const proxied = openTestServer({ requireHttps: true, trustProxy: ['127.0.0.0/8', '::1'] });
  assert.equal((await post(proxied).set('X-Forwarded-Proto', 'https').send(ORDER)).status, 202);
  assert.equal((await post(proxied).send(ORDER)).status, 403);
});

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

test('a type that the platform does not send is answered 415, but an unauthenticated sender 401', async () => {
  const testServer = openTestServer();
  for (const type of [
    'text/plain',
    'application/xml',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'nonsense',
  ]) {
    const answer = await post(testServer).set('Content-Type', type).send('x=1');
    assert.equal(answer.status, 415, type);
    assert.equal(answer.body.code, 'unsupported_media_type');
  }
  const stranger = await request(testServer.app).post('/webhooks/acme').set('Content-Type', 'text/plain').send('x=1');
  assert.equal(stranger.status, 401);
  assert.equal(testServer.taken.length, 0);
});

test('the unsigned greeting of a platform is answered 200', async () => {
  const testServer = openTestServer({ connections: [connectionNamed('bare', [])] });
  const answer = await request(testServer.app).post('/webhooks/bare').type('form').send('webhook_id=7');
  assert.equal(answer.status, 200);
  assert.equal(testServer.taken.length, 0);
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

test('a failure to store is answered 503 with the time to retry', async () => {
  const testServer = openTestServer();
  testServer.onReceive(() => {
    throw new Unavailable('database_unavailable', 'The database cannot take the data now.', 12_000);
  });
  const answer = await post(testServer).send(ORDER);
  assert.equal(answer.status, 503);
  assert.equal(answer.headers['retry-after'], '12');
  assert.equal(answer.body.code, 'database_unavailable');
});

test('whatever is thrown, a webhook path never answers 500, 408 or 429', async () => {
  const testServer = openTestServer();
  const errors = [
    new Error('disk on fire at /var/lib'),
    'a text',
    null,
    new OrderdockError('newer_database', 'A newer program has written it.'),
    new RemoteFailure('remote_unavailable', 'No.', 429),
    ...[500, 408, 429, 502].map((status) => new Refused(status, 'internal', 'Odd.')),
    Object.assign(new Error('too many'), { status: 429 }),
  ];
  for (const error of errors) {
    testServer.onReceive(() => {
      throw error;
    });
    const answer = await post(testServer).send(ORDER);
    assert.equal(answer.status, 503);
    assert.ok(answer.headers['retry-after']);
    assert.doesNotMatch(answer.text, /var\/lib/);
  }
  assert.doesNotMatch(JSON.stringify(testServer.logged), /var\/lib/);
});

test('a platform may reject with its own error code', async () => {
  const testServer = openTestServer();
  testServer.onReceive(() => {
    throw new Refused(403, 'administration_not_allowed', 'This administration is not listed.');
  });
  const answer = await post(testServer).send(ORDER);
  assert.equal(answer.status, 403);
  assert.equal(answer.body.code, 'administration_not_allowed');
});

test('a sender that disconnects in the middle leaves nothing behind', async () => {
  const testServer = openTestServer();
  const server = createServer(testServer.app).listen(0);
  const { port } = server.address() as { port: number };
  const gone = new Promise<void>((resolve) => {
    server.once('request', (incoming) => incoming.once('close', resolve));
  });
  const { connect } = await import('node:net');
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

/** A request as raw bytes, and what is answered to it before the rest of its body comes. */
async function answerBeforeBody(testServer: ReturnType<typeof openTestServer>, head: string, first = ''): Promise<string> {
  const server = createServer(testServer.app).listen(0);
  const { port } = server.address() as { port: number };
  const { connect } = await import('node:net');
  const socket = connect(port, '127.0.0.1');
  try {
    socket.write(`POST ${head}\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 90000\r\n\r\n${first}`);
    const [chunk] = (await once(socket, 'data')) as [Buffer];
    return chunk.toString();
  } finally {
    socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
}

test('a request with wrong or missing credentials is answered 401 before its body arrives', async () => {
  const testServer = openTestServer();
  const wrong = `/webhooks/acme HTTP/1.1\r\nAuthorization: Bearer guessed`;
  assert.match(await answerBeforeBody(testServer, wrong), /^HTTP\/1.1 401 /);
  assert.match(await answerBeforeBody(testServer, '/webhooks/acme HTTP/1.1'), /^HTTP\/1.1 401 [\s\S]*connection: close/i);
  assert.deepEqual(testServer.answers, ['acme 401 unauthorized', 'acme 401 unauthorized']);
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
