import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import test from 'node:test';
import fc from 'fast-check';
import { type Listener, listen } from '../../src/http/listener.ts';
import { openTestServer } from './test-server.ts';

const NEVER = [408, 429, 500, 501, 502, 504];

/** Writes a raw request and returns the status of its response. */
async function statusOf(listener: Listener, head: string, body: Uint8Array): Promise<number> {
  const { hostname, port } = new URL(listener.address);
  const socket = connect(Number(port), hostname);
  let heard = '';
  socket.setEncoding('latin1').on('data', (chunk) => (heard += chunk));
  socket.on('error', () => {});
  socket.write(Buffer.concat([Buffer.from(head, 'latin1'), body]));
  await once(socket, 'close');
  return Number(/^HTTP\/1\.1 (\d{3}) /.exec(heard)?.[1]);
}

const line = fc.string({ maxLength: 40, unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code)) });
const segment = fc.oneof(
  line.map(encodeURIComponent),
  fc.constantFrom('', '.', '..', '%2e%2e', '%00', '%zz', 'orders', 'acme', '__proto__'),
);

const GENUINE = `Basic ${Buffer.from('sender:north-star').toString('base64')}`;

const anyRequest = fc.record({
  method: fc.constantFrom('POST', 'POST', 'GET', 'PUT', 'HEAD', 'OPTIONS', 'DELETE', 'PATCH'),
  path: fc.array(segment, { maxLength: 4 }).map((segments) => segments.join('/')),
  connection: fc.constantFrom('/acme', '/acme', '/acme', ''),
  type: fc.oneof(fc.constant('application/json'), line, fc.constantFrom('text/xml', 'application/json; charset=utf-99', ';', '/')),
  encoding: fc.constantFrom('identity', 'identity', 'gzip', 'br', ',', 'GZIP'),
  authorization: fc.oneof(fc.constant(GENUINE), line, fc.constantFrom('Basic', 'Bearer a.b.c', 'Basic Og==', 'Basic =')),
  body: fc.oneof(
    fc.uint8Array({ maxLength: 400 }),
    fc.json().map((text) => new Uint8Array(Buffer.from(text))),
  ),
});

test('every request gets an answer that senders understand', async (t) => {
  const testServer = openTestServer({ maxBodyBytes: 300 });
  const listener = await listen(testServer.app, {
    host: '127.0.0.1',
    port: 0,
    tls: null,
    log: { debug() {}, info() {}, warn() {}, error() {} },
  });
  t.after(() => listener.stop());
  await fc.assert(
    fc.asyncProperty(anyRequest, async ({ method, connection, path, type, encoding, authorization, body }) => {
      const head = [
        `${method} /webhooks${connection}/${path} HTTP/1.1`,
        'Host: testServer.example',
        'Connection: close',
        `Content-Type: ${type}`,
        `Content-Encoding: ${encoding}`,
        `Authorization: ${authorization}`,
        `Content-Length: ${body.length}`,
      ];
      const status = await statusOf(listener, `${head.join('\r\n')}\r\n\r\n`, body);
      assert.ok(status >= 200 && status < 600 && !NEVER.includes(status), `${status}`);
    }),
    { numRuns: 300, seed: 20260714 },
  );
  assert.ok(
    testServer.answers.some((answer) => answer.startsWith('acme 202')),
    'some get in',
  );
  assert.ok(!testServer.logged.some(({ event }) => event === 'webhook_failed'), 'none surprises us');
});
