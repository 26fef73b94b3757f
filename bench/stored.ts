import { Agent, request } from 'node:http';
import { type BenchDatabase, type Engine, untilApplied } from './engine.ts';
import { orders, postOrders } from './load.ts';
import { median } from './percentile.ts';
import { sampleEvent } from './sample.ts';
import { API_KEY, type Running, startService } from './service.ts';

export interface Stored {
  orders: number;
  bodyBytes: number;
  bytesPerOrder: number;
  /** Entries per second in pages of 1,000, as the API returns them. */
  feedPerSecond: number;
  feedMbPerSecond: number;
  feedTwoLinesPerSecond: number;
}

/** How much the database's files grow for an order of five lines that is announced once, and how fast its feed is read. */
export async function measureStored(engine: Engine, count: number): Promise<Stored> {
  const five = await withOrders(engine, count, 5, async (database, before, service) => {
    const feed = await readFeedOften(service.url, count);
    return { bytesPerOrder: Math.round(((await database.bytes()) - before) / count), ...feed };
  });
  const two = await withOrders(engine, count, 2, (_database, _before, service) => readFeedOften(service.url, count));
  return {
    orders: count,
    bodyBytes: Buffer.byteLength(sampleEvent('order-1000')),
    bytesPerOrder: five.bytesPerOrder,
    feedPerSecond: five.perSecond,
    feedMbPerSecond: five.mbPerSecond,
    feedTwoLinesPerSecond: two.perSecond,
  };
}

async function withOrders<T>(
  engine: Engine,
  count: number,
  lines: number,
  work: (database: BenchDatabase, bytesBefore: number, service: Running) => Promise<T>,
): Promise<T> {
  const database = await engine.create();
  const before = await database.bytes();
  const service = await startService({ databaseUrl: database.url, directory: database.directory });
  try {
    await postOrders(
      service.url,
      32,
      orders('order', count, (id) => sampleEvent(id, lines)),
    );
    await untilApplied(database.db, count);
    return await work(database, before, service);
  } finally {
    await service.stop();
    await database.drop();
  }
}

const READINGS = 5;

/** The median of five readings, after one for warming up. */
async function readFeedOften(url: string, count: number): Promise<{ perSecond: number; mbPerSecond: number }> {
  await readFeed(url, count);
  const readings: { perSecond: number; mbPerSecond: number }[] = [];
  for (let reading = 0; reading < READINGS; reading++) {
    const startedMs = performance.now();
    const bytes = await readFeed(url, count);
    const seconds = (performance.now() - startedMs) / 1000;
    readings.push({ perSecond: count / seconds, mbPerSecond: bytes / seconds / 1_000_000 });
  }
  return {
    perSecond: Math.round(median(readings.map(({ perSecond }) => perSecond))),
    mbPerSecond: Math.round(median(readings.map(({ mbPerSecond }) => mbPerSecond))),
  };
}

// Uncompressed, as curl and most ERPs ask.
const HEADERS = { authorization: `Bearer ${API_KEY}`, 'accept-encoding': 'identity' };
const NEXT = /"next":"([^"]+)"\}\s*$/;
const NEXT_BYTES = 200;

/** Reads from the beginning to the end, as an ERP does, and returns the number of bytes. Only the cursor is extracted: parsing is the reader's own cost. */
async function readFeed(url: string, count: number): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    let bytes = 0;
    let pages = 0;
    for (let after = ''; ; ) {
      const page = await readPage(agent, `${url}/api/v1/changes?limit=1000${after && `&after=${encodeURIComponent(after)}`}`);
      bytes += page.bytes;
      if (page.next === after) break;
      after = page.next;
      pages += 1;
    }
    if (pages < count / 1000) throw new Error(`The feed of ${count} orders ended after ${pages} pages.`);
    return bytes;
  } finally {
    agent.destroy();
  }
}

/** The size of a page, and the cursor at its end. A heavier client, such as `fetch`, would compete with the service for the same cores. */
function readPage(agent: Agent, url: string): Promise<{ bytes: number; next: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent, headers: HEADERS }, (response) => {
      let bytes = 0;
      let end = '';
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        end = (end + chunk.subarray(-NEXT_BYTES).toString('latin1')).slice(-NEXT_BYTES);
      });
      response.once('error', reject);
      response.once('end', () => {
        const next = NEXT.exec(end)?.[1];
        if (response.statusCode === 200 && next !== undefined) resolve({ bytes, next });
        else reject(new Error(`The feed was answered ${response.statusCode}: ${end}`));
      });
    });
    sent.once('error', reject).end();
  });
}
