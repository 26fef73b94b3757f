import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { type Service, settled, startService } from '../faults/service.ts';
import { createTestDatabase, testOnEngines } from '../support/engines.ts';

const KEY = 'erp-key-0123456789';
const READERS = 500;
// A reader whose page was in memory would cost megabytes. The limit is 64 KiB; the growth of the heap itself is part of the measurement.
const MOST_KIB = 100;
const ORDERS = 400;

/** Responses that a reader may leave unread: each is megabytes of rows. */
const REQUESTS: Readonly<Record<string, string>> = {
  'server-sent events': '/changes/stream?after=0&include=entity',
  'the feed': '/changes?after=0&limit=1000&include=entity',
  orders: '/orders?include=lines,source&limit=1000',
  'compressed orders': '/orders?include=lines,source&limit=1000',
  deliveries: '/deliveries?limit=1000',
  'deliveries as CSV': '/deliveries.csv?limit=1000',
};

const order = (n: number): string =>
  JSON.stringify({
    eventName: 'OrderIssuedByBuyer',
    orderEvent: {
      orderId: `o-${n}`,
      buyerOrder: { companyId: 'a', purchaseOrderNumber: `PO${n}` },
      lastUpdatedAt: '2026-02-01T00:00:00.000Z',
      lines: Array.from({ length: 20 }, (_, row) => ({ id: `o-${n}-${row}`, position: String(row), row, description: 'x'.repeat(200) })),
    },
  });

const rssKib = async (service: Service): Promise<number> =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${service.pid()}/status`, 'utf8'))?.[1]);

const requestText = (name: string, path: string): string =>
  `GET /api/v1${path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${KEY}\r\n${name.startsWith('compressed') ? 'Accept-Encoding: gzip\r\n' : ''}\r\n`;

/** Opens a reader that reads the first bytes of its response and nothing more. */
async function openReader(service: Service, text: string): Promise<Socket> {
  const { hostname, port } = new URL(service.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  socket.write(text);
  await once(socket, 'readable');
  return socket;
}

testOnEngines(
  'five hundred clients that do not read their responses cost less than 64 KiB each',
  async (t, engine) => {
    const database = await createTestDatabase(engine);
    t.after(() => database.drop());
    const service = await startService(t, { databaseUrl: database.url });
    for (let n = 0; n < ORDERS; n += 20) await Promise.all(Array.from({ length: 20 }, (_, at) => service.post(order(n + at))));
    await settled(service);
    for (const [name, path] of Object.entries(REQUESTS)) {
      const text = requestText(name, path);
      // From here on the process has everything it needs for any such request.
      const first = await Promise.all(Array.from({ length: 40 }, () => openReader(service, text)));
      const before = await rssKib(service);
      const readers = await Promise.all(Array.from({ length: READERS }, () => openReader(service, text)));
      assert.equal(await service.health('ready'), 200);
      const each = ((await rssKib(service)) - before) / READERS;
      assert.ok(each < MOST_KIB, `${name}: ${each.toFixed(1)} KiB`);
      t.diagnostic(`${name}: ${each.toFixed(1)} KiB`);
      for (const socket of [...first, ...readers]) socket.destroy();
    }
  },
  { timeout: 300_000 },
);
