import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import test from 'node:test';
import request from 'supertest';
import { createMetrics } from '../../src/http/metrics/metrics.ts';
import { createOperationsHttp } from '../../src/http/operations-server.ts';
import { BASIC, connectionNamed, ORDER, openTestServer, post } from './test-server.ts';

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

test('a process without webhooks reads the address that the proxy names in the same way', async () => {
  const addresses: unknown[] = [];
  const app = createOperationsHttp({
    ready: async () => ({ ready: true, checks: {} }),
    metrics: createMetrics(),
    requireRole: () => (incoming, response) => {
      addresses.push(incoming.ip);
      response.end();
    },
    log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
    trustProxy: 1,
  });
  for (const forwarded of ['203.0.113.7', '203.0.113.7:51234', '203.0.113.7:51235'])
    assert.equal((await request(app).get('/metrics').set('X-Forwarded-For', forwarded)).status, 200);
  assert.deepEqual(addresses, Array(3).fill('203.0.113.7'));
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

/** A request as raw bytes, and the response before the rest of its body is sent. */
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
