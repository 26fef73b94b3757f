import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { request as httpRequest, type RequestListener } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { type SecureVersion, connect as tlsConnect } from 'node:tls';
import { promisify } from 'node:util';
import type { Log } from '../../src/domain/log.ts';
import { type Listener, type ListenOptions, listen } from '../../src/http/listener.ts';
import type { TlsFiles } from '../../src/http/tls-files.ts';
import { openTestServer } from './test-server.ts';

const quiet: Log = { debug() {}, info() {}, warn() {}, error() {} };
const USUAL: ListenOptions = { host: '127.0.0.1', port: 0, tls: null, log: quiet };
const hello: RequestListener = (_request, response) => response.end('hello');

async function opened(t: test.TestContext, handler: RequestListener, options: Partial<ListenOptions> = {}): Promise<Listener> {
  const listener = await listen(handler, { ...USUAL, ...options });
  t.after(() => listener.stop());
  return listener;
}

/** Writes raw text to the server and returns everything it answers until it disconnects. */
async function converse(address: string, text: string): Promise<string> {
  const { hostname, port } = new URL(address);
  const socket = connect(Number(port), hostname);
  let heard = '';
  socket.on('data', (chunk) => (heard += chunk));
  socket.write(text);
  await once(socket, 'close');
  return heard;
}

test('a free port is chosen and reported', async (t) => {
  const listener = await opened(t, hello);
  assert.match(listener.address, /^http:\/\/127\.0\.0\.1:\d{2,5}$/);
  assert.equal(await (await fetch(listener.address)).text(), 'hello');
  const everywhere = await opened(t, hello, { host: '0.0.0.0' });
  assert.match(everywhere.address, /^http:\/\/127\.0\.0\.1:/);
});

test('a port in use is an error', async (t) => {
  const listener = await opened(t, hello);
  await assert.rejects(listen(hello, { ...USUAL, port: Number(new URL(listener.address).port) }), { code: 'EADDRINUSE' });
});

test('stopping finishes accepted requests and answers 503 to the rest', async () => {
  let finish = () => {};
  const slow: RequestListener = (_request, response) => {
    finish = () => response.end('stored');
    arrived();
  };
  let arrived = () => {};
  const taken = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const listener = await listen(slow, USUAL);
  const first = fetch(listener.address, { method: 'POST', body: '{}' });
  await taken;
  let stopped = false;
  const stopping = listener.stop().then(() => {
    stopped = true;
  });
  const late = await fetch(listener.address, { method: 'POST', body: '{}' });
  assert.equal(late.status, 503);
  assert.equal(late.headers.get('retry-after'), '5');
  assert.equal(late.headers.get('connection'), 'close');
  assert.equal(((await late.json()) as { code: string }).code, 'stopping');
  assert.equal(stopped, false);
  finish();
  assert.equal(await (await first).text(), 'stored');
  await stopping;
  await assert.rejects(fetch(listener.address));
});

test('stopping does not wait indefinitely', async () => {
  let arrived = () => {};
  const taken = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const listener = await listen(() => arrived(), { ...USUAL, finishWithinMs: 20 });
  const never = assert.rejects(fetch(listener.address));
  await taken;
  await listener.stop();
  await never;
});

test('an idle connection does not prevent stopping', async () => {
  const listener = await listen(hello, USUAL);
  const { hostname, port } = new URL(listener.address);
  const idle = connect(Number(port), hostname);
  await once(idle, 'connect');
  const closed = once(idle, 'close');
  await listener.stop();
  await closed;
});

const AUTHORIZATION = `Basic ${Buffer.from('sender:north-star').toString('base64')}`;
const AUTHORIZED = `Authorization: ${AUTHORIZATION}`;

test('a request that arrives too slowly is cut off with 503, never 408', async (t) => {
  const testServer = openTestServer();
  const times = { headersTimeout: 40, requestTimeout: 40, connectionsCheckingInterval: 10 };
  const listener = await opened(t, testServer.app, { times });
  const halfBody = await converse(
    listener.address,
    `POST /webhooks/acme HTTP/1.1\r\nHost: a\r\n${AUTHORIZED}\r\nContent-Length: 10\r\n\r\n{"a`,
  );
  assert.match(halfBody, /^HTTP\/1\.1 503 /);
  assert.match(halfBody, /Retry-After: 5/);
  const halfHead = await converse(listener.address, 'POST /webhooks/acme HTTP/1.1\r\nHost:');
  assert.match(halfHead, /^HTTP\/1\.1 503 /);
  assert.deepEqual(testServer.answers, []);
});

test('a message that is not HTTP is answered 400, too many headers 431', async (t) => {
  const listener = await opened(t, hello);
  assert.match(await converse(listener.address, 'HELO there\r\n\r\n'), /^HTTP\/1\.1 400 /);
  assert.match(await converse(listener.address, `GET / HTTP/1.1\r\nHost: a\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`), /^HTTP\/1\.1 431 /);
});

test('an oversize body that never ends is answered 413 and cut off', async (t) => {
  const testServer = openTestServer({ maxBodyBytes: 1000 });
  const listener = await opened(t, testServer.app);
  const sending = httpRequest(`${listener.address}/webhooks/acme`, {
    method: 'POST',
    headers: { authorization: AUTHORIZATION, 'content-length': 10_000_000 },
  });
  sending.on('error', () => {});
  sending.write('x'.repeat(5000));
  const [answer] = await once(sending, 'response');
  assert.equal(answer.statusCode, 413);
  assert.equal(answer.headers.connection, 'close');
  sending.destroy();
});

const run = promisify(execFile);

/** A self-signed certificate for 127.0.0.1, generated on demand. */
async function makeCertificate(name: string, { certFile, keyFile }: TlsFiles): Promise<void> {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', keyFile];
  const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1'];
  await run('openssl', ['req', '-x509', ...key, '-out', certFile, '-days', '2', ...subject]);
}

async function withTls(t: test.TestContext, log: Log = quiet): Promise<{ files: TlsFiles; listener: Listener }> {
  const folder = await mkdtemp(join(tmpdir(), 'orderdock-tls-'));
  t.after(() => rm(folder, { recursive: true }));
  const files = { certFile: join(folder, 'tls.crt'), keyFile: join(folder, 'tls.key') };
  await makeCertificate('first.example', files);
  return { files, listener: await opened(t, hello, { tls: files, tlsCheckMs: 10, log }) };
}

/**
 * Performs a handshake as a client that supports only this version; returns the name in the certificate. Without the lower security level the
 * client itself would not even offer TLS 1.1.
 */
async function shakeHands(address: string, version: SecureVersion, ciphers = 'DEFAULT:@SECLEVEL=0'): Promise<string> {
  const { hostname, port } = new URL(address);
  const socket = tlsConnect({
    host: hostname,
    port: Number(port),
    minVersion: version,
    maxVersion: version,
    ciphers,
    rejectUnauthorized: false,
  });
  try {
    await once(socket, 'secureConnect');
    return String(socket.getPeerCertificate().subject.CN);
  } finally {
    socket.destroy();
  }
}

test('HTTPS supports TLS 1.2 and 1.3 and nothing older', async (t) => {
  const { listener } = await withTls(t);
  assert.match(listener.address, /^https:\/\/127\.0\.0\.1:/);
  assert.equal(await shakeHands(listener.address, 'TLSv1.2'), 'first.example');
  assert.equal(await shakeHands(listener.address, 'TLSv1.3'), 'first.example');
  await assert.rejects(shakeHands(listener.address, 'TLSv1.1'), { code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' });
  await assert.rejects(shakeHands(listener.address, 'TLSv1'), { code: 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION' });
});

test('TLS 1.2 supports only suites with forward secrecy and authenticated encryption', async (t) => {
  const { listener } = await withTls(t);
  for (const suite of ['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-CHACHA20-POLY1305'])
    assert.equal(await shakeHands(listener.address, 'TLSv1.2', `${suite}:@SECLEVEL=0`), 'first.example');
  for (const suite of ['AES128-SHA', 'AES128-GCM-SHA256', 'ECDHE-ECDSA-AES128-SHA', 'ECDHE-ECDSA-AES256-SHA384', 'ECDHE-RSA-AES128-SHA256'])
    await assert.rejects(shakeHands(listener.address, 'TLSv1.2', `${suite}:@SECLEVEL=0`), suite);
});

test('a handshake that is incomplete or invalid leaves no connection open', async (t) => {
  const { files } = await withTls(t);
  const listener = await opened(t, hello, { tls: files, handshakeMs: 100 });
  const { hostname, port } = new URL(listener.address);
  for (const first of [Buffer.alloc(0), Buffer.from([0x16, 3, 1, 0, 5, 1]), Buffer.from('GET / HTTP/1.1\r\n\r\n')]) {
    const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
    socket.on('error', () => {});
    if (first.length > 0) socket.write(first);
    socket.resume();
    await once(socket, 'end');
    // A closed connection resets what is still sent to it; one that has only been half-closed would accept it.
    const gone = new Promise((resolve) => socket.once('close', resolve));
    while (!socket.destroyed) {
      socket.write('x');
      await new Promise(setImmediate);
    }
    await gone;
  }
});

test('a request target with scheme and host is equivalent to one without', async (t) => {
  const listener = await opened(t, (request, response) => response.end(request.url));
  for (const [target, path] of [
    [`${listener.address}/webhooks/acme?a=1`, '/webhooks/acme?a=1'],
    ['HTTPS://elsewhere.example', '/'],
    ['http://elsewhere.example?a', '/?a'],
  ]) {
    const heard = await converse(listener.address, `GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
    assert.ok(heard.endsWith(`\r\n\r\n${path}`), heard);
  }
});

test('pipelined requests are read only while few are unanswered', async (t) => {
  const waiting: (() => void)[] = [];
  let most = 0;
  const listener = await opened(t, (_request, response) => {
    most = Math.max(
      most,
      waiting.push(() => response.end('x')),
    );
  });
  const { hostname, port } = new URL(listener.address);
  const socket = connect(Number(port), hostname);
  const count = 20_000;
  let answers = 0;
  let end = '';
  socket.on('data', (chunk) => {
    const parts = (end + chunk).split('HTTP/1.1 200');
    answers += parts.length - 1;
    end = parts.at(-1)?.slice(-11) ?? '';
  });
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(count));
  while (answers < count) {
    for (const answer of waiting.splice(0)) answer();
    await new Promise(setImmediate);
  }
  socket.destroy();
  assert.ok(most < 4000, `${most} at once: no more than one or two reads of the connection`);
});

test('a new certificate is used when its files change, without a restart', async (t) => {
  let renewed = () => {};
  const renewal = new Promise<void>((resolve) => {
    renewed = resolve;
  });
  const { files, listener } = await withTls(t, { ...quiet, info: (event) => event === 'tls_renewed' && renewed() });
  await makeCertificate('second.example', files);
  await renewal;
  assert.equal(await shakeHands(listener.address, 'TLSv1.3'), 'second.example');
  await assert.rejects(shakeHands(listener.address, 'TLSv1.1'));
});

test('an invalid certificate does not replace a valid one', async (t) => {
  let refused = () => {};
  const refusal = new Promise<void>((resolve) => {
    refused = resolve;
  });
  const { files, listener } = await withTls(t, { ...quiet, warn: (event) => event === 'tls_not_renewed' && refused() });
  await rm(files.certFile);
  await refusal;
  assert.equal(await shakeHands(listener.address, 'TLSv1.3'), 'first.example');
});

test('TLS files that cannot be read prevent the start', async () => {
  await assert.rejects(listen(hello, { ...USUAL, tls: { certFile: '/nowhere/tls.crt', keyFile: '/nowhere/tls.key' } }), { code: 'ENOENT' });
});

test('a request over our own TLS counts as HTTPS', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'orderdock-tls-'));
  t.after(() => rm(folder, { recursive: true }));
  const files = { certFile: join(folder, 'tls.crt'), keyFile: join(folder, 'tls.key') };
  await makeCertificate('first.example', files);
  const testServer = openTestServer({ requireHttps: true });
  const listener = await opened(t, testServer.app, { tls: files });
  const { request } = await import('node:https');
  const options = { method: 'POST', rejectUnauthorized: false, auth: 'sender:north-star', headers: { 'content-type': 'application/json' } };
  const sending = request(`${listener.address}/webhooks/acme`, options);
  sending.end('{"over":"tls"}');
  const [answer] = await once(sending, 'response');
  answer.resume();
  assert.equal(answer.statusCode, 202);
});
