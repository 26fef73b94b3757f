import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import test from 'node:test';
import { BASIC, type Life, openLife } from '../life/support.ts';
import { orderId, plainEvent } from '../life/tradecloud.ts';

const AT = '2026-04-05T10:00:00.000Z';
const ORDER = plainEvent('PO1', AT, 'm-1');
const RIGHT = `Authorization: ${BASIC}`;
const WRONG = `Authorization: Basic ${Buffer.from('tradecloud:guessed').toString('base64')}`;
const JSON_TYPE = 'Content-Type: application/json';

/** A request as it is written to the socket; the connection is closed after it. */
const request = (line: string, headers: readonly string[] = [], body: string | null = null): string =>
  [
    `${line} HTTP/1.1`,
    'Host: dock.example',
    'Connection: close',
    ...headers,
    ...(body === null ? [] : [`Content-Length: ${Buffer.byteLength(body)}`]),
    '',
    body ?? '',
  ].join('\r\n');

const REQUESTS: Readonly<Record<string, string>> = {
  right: request('POST /webhooks/acme/orders', [RIGHT, JSON_TYPE], ORDER),
  repeated: request('POST /webhooks/acme/orders', [RIGHT, JSON_TYPE], ORDER),
  'the same id with other content': request('POST /webhooks/acme/orders', [RIGHT, JSON_TYPE], plainEvent('PO1', AT, 'm-1', '11')),
  'a trailing slash': request('POST /webhooks/acme/orders/', [RIGHT, JSON_TYPE], plainEvent('PO2', AT, 'm-2')),
  'on the bare path': request('POST /webhooks/acme', [RIGHT, JSON_TYPE], plainEvent('PO3', AT, 'm-3')),
  'a query': request('POST /webhooks/acme/orders?a=%C3%BC&a=b', [RIGHT, JSON_TYPE], plainEvent('PO4', AT, 'm-4')),
  notification: request(`GET /webhooks/acme/orders/${orderId('PO5')}`, [RIGHT]),
  'notification by query': request(`GET /webhooks/acme/orders?orderId=${orderId('PO6')}`, [RIGHT]),
  'notification of nothing': request('GET /webhooks/acme/orders', [RIGHT]),
  'an id that is no segment': request('GET /webhooks/acme/orders/%2E%2E', [RIGHT]),
  'an id that cannot be decoded': request('GET /webhooks/acme/orders/%E0%A4%A', [RIGHT]),
  'half a body': request('POST /webhooks/acme/orders', [RIGHT, JSON_TYPE], '{"half":'),
  'no body': request('POST /webhooks/acme/orders', [RIGHT, JSON_TYPE], ''),
  'no content type': request('POST /webhooks/acme/orders', [RIGHT], plainEvent('PO7', AT, 'm-7')),
  'another content type': request('POST /webhooks/acme/orders', [RIGHT, 'Content-Type: text/csv'], ORDER),
  'another encoding': request('POST /webhooks/acme/orders', [RIGHT, JSON_TYPE, 'Content-Encoding: br'], ORDER),
  'too large': request('POST /webhooks/acme/orders', [RIGHT, JSON_TYPE], ORDER.padEnd(70_000)),
  'without credentials': request('POST /webhooks/acme/orders', [JSON_TYPE], ORDER),
  'wrong credentials': request('POST /webhooks/acme/orders', [WRONG, JSON_TYPE], ORDER),
  'unknown connection': request('POST /webhooks/nobody/orders', [RIGHT, JSON_TYPE], ORDER),
  'unknown path': request('POST /webhooks/acme/invoices', [RIGHT, JSON_TYPE], ORDER),
  PUT: request('PUT /webhooks/acme/orders', [RIGHT, JSON_TYPE], ORDER),
  HEAD: request(`HEAD /webhooks/acme/orders/${orderId('PO5')}`, [RIGHT]),
  OPTIONS: request('OPTIONS /webhooks/acme/orders', [RIGHT]),
  'no connection': request('POST /webhooks', [RIGHT, JSON_TYPE], ORDER),
  'an empty connection': request('POST /webhooks/', [RIGHT, JSON_TYPE], ORDER),
  'an empty segment': request('POST /webhooks//acme/orders', [RIGHT, JSON_TYPE], ORDER),
  'dots in the path': request('POST /webhooks/x/../acme/orders', [RIGHT, JSON_TYPE], ORDER),
  'capital letters': request('POST /WEBHOOKS/acme/orders', [RIGHT, JSON_TYPE], ORDER),
  'an encoded letter': request('POST /webhooks/%61cme/orders', [RIGHT, JSON_TYPE], ORDER),
  'an absolute target': request('POST http://dock.example/webhooks/acme/orders', [RIGHT, JSON_TYPE], ORDER),
  'what a proxy would say, from none': request('POST /webhooks/acme/orders', [RIGHT, JSON_TYPE, 'X-Request-Id: r-1'], ORDER),
};

/** Without the parts that differ in every response. */
const varying = (text: string): string =>
  text
    .replace(/^date: .*\r\n/im, '')
    .replace(/^(x-request-id: ).*$/im, '$1…')
    .replace(/"deliveryId":"[^"]+"/, '"deliveryId":"…"');

/** Status line, headers in the order of their names, and body. */
function normal(answer: string): string {
  const [head = '', ...body] = varying(answer).split('\r\n\r\n');
  const [status = '', ...headers] = head.split('\r\n');
  return [status, ...headers.map((header) => header.replace(/^[^:]+/, (name) => name.toLowerCase())).toSorted(), '', ...body].join('\n');
}

async function answerTo(life: Life, text: string): Promise<string> {
  const { hostname, port } = new URL(life.url);
  const socket = connect(Number(port), hostname);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => void chunks.push(chunk));
  socket.write(text);
  await once(socket, 'close');
  return Buffer.concat(chunks).toString();
}

async function answers(env: Record<string, string>): Promise<Record<string, string>> {
  const { life, end } = await openLife('sqlite', { MAX_BODY_BYTES: '65536', ...env });
  try {
    const found: Record<string, string> = {};
    for (const [name, text] of Object.entries(REQUESTS)) found[name] = normal(await answerTo(life, text));
    return found;
  } finally {
    await end();
  }
}

test('a webhook gets the same answer with and without a trusted proxy', async () => {
  const [without, behind] = [await answers({}), await answers({ TRUST_PROXY: '1' })];
  assert.deepEqual(behind, without);
  const statuses = Object.values(without).map((answer) => answer.slice('HTTP/1.1 '.length, 'HTTP/1.1 '.length + 3));
  assert.deepEqual(
    [...new Set(statuses)].toSorted(),
    ['200', '202', '400', '401', '404', '405', '413', '415'],
    'answers of all kinds were compared',
  );
});
