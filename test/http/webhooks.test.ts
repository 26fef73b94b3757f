import assert from 'node:assert/strict';
import test from 'node:test';
import request from 'supertest';
import { OrderdockError, Refused, RemoteFailure, Unavailable } from '../../src/domain/errors.ts';
import { connectionNamed, ORDER, openTestServer, post } from './test-server.ts';

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
