import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openApp } from '../src/app.ts';
import { readConnections } from '../src/connections.ts';
import { createReceiver } from '../src/intake/receive-webhook.ts';
import { PLATFORMS } from '../src/platforms/registry.ts';
import { processDeliveries } from '../src/processing/process-deliveries.ts';
import { readSettings } from '../src/settings.ts';
import { startChild } from './child.ts';
import { sampleConnections, sampleEvent } from './sample.ts';

export interface WorkFigures {
  deliveries: number;
  workedPerSecond: number;
  feedChangesPerSecond: number;
  /** Resident memory of the server before and after the feed was read to its end twice. */
  feedMemoryBeforeMb: number;
  feedMemoryAfterMb: number;
}

const API_KEY = 'bench-key';
// As curl and most ERPs ask: without compression.
const HEADERS = { authorization: `Bearer ${API_KEY}`, 'accept-encoding': 'identity' };

/** How fast stored deliveries become rows and feed entries, and how fast the API gives the feed by pages of 1,000. SQLite. */
export async function measureWork(deliveries: number): Promise<WorkFigures> {
  const dataDir = await mkdtemp(join(tmpdir(), 'orderdock-bench-'));
  try {
    const workedPerSecond = await workAll(dataDir, deliveries);
    return { deliveries, workedPerSecond, ...(await readThroughApi(dataDir, deliveries)) };
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function workAll(dataDir: string, deliveries: number): Promise<number> {
  const quiet = { debug() {}, info() {}, warn() {}, error() {} };
  const app = await openApp(readSettings({ DATA_DIR: dataDir }, { terminal: false }), readConnections(sampleConnections(), {}, PLATFORMS), {
    log: quiet,
  });
  try {
    await fill(app.context, deliveries);
    const startedMs = performance.now();
    while ((await processDeliveries(app.context)) > 0);
    return Math.round((deliveries * 1000) / (performance.now() - startedMs));
  } finally {
    await app.stop();
  }
}

async function fill(context: Awaited<ReturnType<typeof openApp>>['context'], deliveries: number): Promise<void> {
  const [connection] = context.connections.list();
  if (!connection) throw new Error('The sample has no connection.');
  const receiver = createReceiver(context, { maxBacklog: Number.MAX_SAFE_INTEGER, patienceMs: 60_000, backlog: () => 0 });
  const send = (id: string) => receiver.receive(connection, request(id), { accepts: async () => true, now: new Date() });
  for (let done = 0; done < deliveries; done += 500)
    await Promise.all(Array.from({ length: Math.min(500, deliveries - done) }, (_, i) => send(`${done + i}`)));
  await receiver.stop();
}

function request(id: string): Parameters<ReturnType<typeof createReceiver>['receive']>[1] {
  const rest = {
    params: {},
    query: {},
    headers: { 'content-type': 'application/json' },
    url: '',
    receivedAt: new Date(),
    remoteAddress: '127.0.0.1',
  };
  return { method: 'POST', path: '/orders', body: Buffer.from(sampleEvent(id)), format: 'json', ...rest };
}

async function readThroughApi(dataDir: string, total: number): Promise<Omit<WorkFigures, 'deliveries' | 'workedPerSecond'>> {
  const server = startChild('orderdock-server.ts', { DATA_DIR: dataDir, PORT: '0', ROLES: 'web', API_KEYS: `bench:reader:${API_KEY}` });
  try {
    const url = await server.url;
    await readFeed(url, total);
    const feedMemoryBeforeMb = await residentMb(server.process.pid);
    const startedMs = performance.now();
    await readFeed(url, total);
    const feedChangesPerSecond = Math.round((total * 1000) / (performance.now() - startedMs));
    return { feedChangesPerSecond, feedMemoryBeforeMb, feedMemoryAfterMb: await residentMb(server.process.pid) };
  } finally {
    await server.stop();
  }
}

/** Reads from the beginning to the end, as an ERP does; the entries are parsed and counted. */
async function readFeed(url: string, total: number): Promise<void> {
  let after = '';
  let read = 0;
  for (;;) {
    const page = await fetch(`${url}/api/v1/changes?limit=1000${after && `&after=${after}`}`, {
      headers: HEADERS,
    });
    const { data, next } = (await page.json()) as { data: unknown[]; next: string };
    if (data.length === 0) break;
    read += data.length;
    after = next;
  }
  if (read !== total) throw new Error(`The feed gave ${read} of ${total} changes.`);
}

/** Linux: what the process holds at the moment. */
async function residentMb(pid: number | undefined): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
}
