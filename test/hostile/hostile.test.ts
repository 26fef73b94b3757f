import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import test from 'node:test';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { type Service, startService } from '../faults/service.ts';
import { until } from '../support/until.ts';

// These inputs once blocked the process for seconds; a slow machine may take some hundred milliseconds for the same work (processor time).
const MOST_STALL_MS = 1500;
const MOST_MIB = 400;

const YAML = `connections:
  acme: { platform: tradecloud, webhook: { auth: [ { basic: { username: tradecloud, password: north-star } } ] } }
  shop: { platform: orisha, webhook: { secret: orisha-secret } }
  subs: { platform: ordergroove, webhook: { verificationKey: groove-key } }
  ecwid: { platform: standard, preset: ecwid, webhook: { signature: { secret: ecwid-secret } } }
  shopify: { platform: standard, preset: shopify, webhook: { signature: { secret: shopify-secret } } }
`;

const ACME = { authorization: `Basic ${Buffer.from('tradecloud:north-star').toString('base64')}` };
const SHOP = { 'x-secret': 'orisha-secret', 'x-event-type': 'item.created', 'x-administration-code': '1' };
const groove = (body: Buffer): Record<string, string> => {
  const ts = Math.floor(Date.now() / 1000);
  return { 'ordergroove-signature': `ts=${ts},sig=${createHmac('sha256', 'groove-key').update(`${ts}.`).update(body).digest('hex')}` };
};
const repeat = (text: string, bytes: number): string => text.repeat(Math.floor(bytes / text.length));
const orderWith = (members: string) =>
  `{"eventName":"OrderIssuedByBuyer","orderEvent":{"orderId":"a-1","buyerOrder":{"companyId":"a","purchaseOrderNumber":"1"},${members}}}`;
const xmlOrderWith = (elements: string) =>
  `<order><eventName>OrderIssuedByBuyer</eventName><orderEvent><orderId>a-2</orderId><buyerOrder><companyId>a</companyId>` +
  `<purchaseOrderNumber>2</purchaseOrderNumber></buyerOrder>${elements}</orderEvent></order>`;
const lineWith = (quantity: string) =>
  orderWith(`"lines":[{"id":"1","deliverySchedule":[${Array.from({ length: 4 }, () => `{"quantity":${quantity}}`).join(',')}]}]`);

interface Input {
  /** Of the response. */
  status: number;
  path: string;
  headers: Record<string, string>;
  body: Buffer;
}
const json = { 'content-type': 'application/json' };
const xml = { 'content-type': 'application/xml' };
const packed = { 'content-encoding': 'gzip' };
const post = (status: number, path: string, headers: Record<string, string>, body: string | Buffer): Input => ({
  status,
  path,
  headers: { ...json, ...headers },
  body: Buffer.from(body),
});

const many = (count: number, make: (n: number) => string): string => Array.from({ length: count }, (_, n) => make(n)).join(',');

/** Inputs that once blocked the process, from strangers and from senders. */
const INPUTS: Readonly<Record<string, Input>> = {
  'digits without credentials, packed': post(
    413,
    '/ecwid',
    { 'x-ecwid-webhook-signature': 'x', ...packed },
    gzipSync(repeat('1', 1_000_000)),
  ),
  'digits within what ecwid reads': post(401, '/ecwid', { 'x-ecwid-webhook-signature': 'x' }, `[${repeat('1', 65_000)}]`),
  'levels within what ecwid reads': post(401, '/ecwid', { 'x-ecwid-webhook-signature': 'x' }, repeat('[', 65_000)),
  'twenty megabytes that a stranger has signed': post(401, '/shopify', { 'x-shopify-hmac-sha256': 'eA==' }, repeat('x', 20_000_000)),
  'digits from a sender': post(400, '/shop', SHOP, repeat('1', 1_000_000)),
  'dots from a sender': post(400, '/shop', SHOP, `[${repeat('1.', 1_000_000)}]`),
  'quotes that never end': post(400, '/acme', ACME, repeat('\\"', 1_000_000)),
  'numbers of a million digits': post(202, '/acme', ACME, lineWith(repeat('9', 1_000_000))),
  'a number as text, of a million digits': post(202, '/acme', ACME, lineWith(`"${repeat('9', 1_000_000)}x"`)),
  exponents: post(202, '/acme', ACME, lineWith('1e99')),
  'a document name of dots': post(
    202,
    '/acme',
    ACME,
    orderWith(`"documents":[{"code":"c","name":"a${repeat('. ', 600_000)}x","url":"http://127.0.0.1/x"}],"lines":[]`),
  ),
  'lines in a comment': post(400, '/acme/orders', { ...ACME, ...xml }, `<order><!-- ${repeat('<line>', 600_000)} --></order>`),
  'lines that never end': post(400, '/acme/orders', { ...ACME, ...xml }, `<order>${repeat('<line>', 600_000)}</order>`),
  'unknown members': post(202, '/acme', ACME, orderWith(`${many(100_000, (n) => `"u${n}":1`)},"lines":[]`)),
  'as many others': post(202, '/acme', ACME, orderWith(`${many(100_000, (n) => `"v${n}":1`)},"lines":[]`)),
  'the same with other values': post(202, '/acme', ACME, orderWith(`${many(100_000, (n) => `"v${n}":2`)},"lines":[]`)),
  'unknown members of a member': post(202, '/acme', ACME, orderWith(`"x":{${many(100_000, (n) => `"u${n}":1`)}},"lines":[]`)),
  'as many others of that member': post(202, '/acme', ACME, orderWith(`"x":{${many(100_000, (n) => `"v${n}":1`)}},"lines":[]`)),
  levels: post(400, '/acme', ACME, orderWith(`"lines":${repeat('[', 500_000)}`)),
  'documents by the ten thousand': post(
    202,
    '/acme',
    ACME,
    orderWith(`"lines":[],"documents":[${many(20_000, (n) => `{"objectId":"o${n}"}`)}]`),
  ),
  'documents of one code': post(
    202,
    '/acme',
    ACME,
    orderWith(`"lines":[],"documents":[${many(20_000, (n) => `{"code":"c","objectId":"p${n}"}`)}]`),
  ),
  'more documents than are taken': post(202, '/acme', ACME, orderWith(`"documents":[${many(60_000, (n) => `{"objectId":"q${n}"}`)}]`)),
  'more lines than are taken': post(202, '/acme', ACME, orderWith(`"lines":[${many(100_000, () => '{"id":"1"}')}]`)),
  'two million decimals': post(400, '/acme', ACME, orderWith(`"lines":[],"x":[${many(1_800_000, (n) => `${n}.10`)}]`)),
  'six million lists': post(400, '/acme', ACME, orderWith(`"lines":[],"x":[${many(6_000_000, () => '[]')}]`)),
  'elements by the million': post(400, '/acme/orders', { ...ACME, ...xml }, `<order>${repeat('<a/>', 19_000_000)}</order>`),
  'elements by the hundred thousand': post(202, '/acme/orders', { ...ACME, ...xml }, xmlOrderWith(repeat('<a>1</a>', 1_000_000))),
  'elements of as many names': post(
    202,
    '/acme/orders',
    { ...ACME, ...xml },
    xmlOrderWith(Array.from({ length: 70_000 }, (_, n) => `<a${n}>1</a${n}>`).join('')),
  ),
  'a bomb': post(413, '/acme', { ...ACME, ...packed }, gzipSync(Buffer.alloc(100_000_000))),
};

async function send(service: Service, { path, headers, body }: Input): Promise<number> {
  const response = await fetch(`${service.url}/webhooks${path}`, { method: 'POST', headers, body });
  await response.arrayBuffer();
  return response.status;
}

test('no input blocks the service for seconds or exhausts its memory, and senders are served meanwhile', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'orderdock-hostile-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 'delay');
  const preload = pathToFileURL(resolve(import.meta.dirname, 'loop-delay.mjs')).href;
  const service = await startService(t, { yaml: YAML, env: { NODE_OPTIONS: `--import=${preload}`, LOOP_DELAY_FILE: file } });
  const longestStallMs = async (): Promise<number> => {
    await rm(file, { force: true });
    service.signal('SIGUSR2');
    return Number(
      await until(
        'the delay is written',
        () => readFile(file, 'utf8').catch(() => ''),
        (text) => text !== '',
      ),
    );
  };
  await longestStallMs();
  for (const [name, input] of Object.entries(INPUTS)) {
    const headers = input.path === '/subs' ? groove(input.body) : {};
    const status = await send(service, { ...input, headers: { ...input.headers, ...headers } });
    assert.equal(status, input.status, name);
    // The worker also reads what was accepted.
    await until(
      'the worker has read all',
      async () =>
        (await service.get('/deliveries?state=pending')).data.length + (await service.get('/deliveries?state=working')).data.length,
      (unfinished) => unfinished === 0,
    );
    const stallMs = await longestStallMs();
    t.diagnostic(`${name}: ${status}, ${Math.round(stallMs)} ms`);
    assert.ok(stallMs < MOST_STALL_MS, `${name}: ${Math.round(stallMs)} ms`);
  }
  await withStalledSenders(service);
  await withUnreadAnswers(service);
  assert.ok((await longestStallMs()) < MOST_STALL_MS);
  const peak = Number(/^VmHWM:\s+(\d+) kB$/m.exec(await readFile(`/proc/${service.pid()}/status`, 'utf8'))?.[1]) / 1024;
  assert.ok(peak < MOST_MIB, `${Math.round(peak)} MiB`);
});

/** Strangers and senders that announce large bodies and send nothing more: a large body of an honest sender is accepted all the same. */
async function withStalledSenders(service: Service): Promise<void> {
  const { hostname, port } = new URL(service.url);
  const sockets: Socket[] = [];
  const head = (path: string, header: string) =>
    `POST /webhooks${path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n${header}\r\nContent-Length: 20000000\r\n\r\n${repeat('x', 100_000)}`;
  for (let n = 0; n < 20; n++) {
    const heads = [
      head('/acme', 'X-Nothing: 1'),
      head('/acme', `Authorization: ${ACME.authorization}`),
      head('/shopify', 'X-Shopify-Hmac-SHA256: eA=='),
    ];
    for (const text of heads) {
      const socket = connect(Number(port), hostname);
      socket.on('error', () => {});
      socket.write(text);
      sockets.push(socket);
    }
  }
  const large = orderWith(`"lines":[],"note":"${repeat('y', 5_000_000)}"`);
  assert.equal(await send(service, post(202, '/acme', ACME, large)), 202);
  for (const socket of sockets) socket.destroy();
}

/** A hundred thousand requests whose responses are not read. */
async function withUnreadAnswers(service: Service): Promise<void> {
  const { hostname, port } = new URL(service.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.pause();
  for (let n = 0; n < 100; n++) socket.write(repeat('GET /health/ready HTTP/1.1\r\nHost: a\r\n\r\n', 40_000));
  assert.equal(await service.health('ready'), 200);
  assert.equal((await service.get('/deliveries')).data.length > 0, true);
  socket.destroy();
}
