import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type test from 'node:test';
import { seededRandom } from '../../src/sandbox/seeded-random.ts';
import { createTestDatabase, type Engine, testOnEngines } from '../support/engines.ts';
import { freePort, type Program, startProgram } from './program.ts';

const MAIN = resolve(import.meta.dirname, '../../src/main.ts');
const ERP = resolve(import.meta.dirname, '../../examples/erp-pull/erp-pull.ts');
const KEY = 'erp-example-key-0001';
const TOKEN = 'sender-token';
const ORDERS = 10;
const ERP_KILLS = 6;
const SERVICE_KILLS = 2;
const CONNECTIONS = `connections:
  shop:
    platform: standard
    webhook: { auth: [ { bearer: { token: ${TOKEN} } } ] }
    dedupe: /event
    entity: { kind: order, id: /order/id, updatedAt: /order/at, number: /order/number, status: /order/status, total: /order/total }
    reconcile: { schedule: false }
`;

/** A process that is killed and restarted repeatedly; `up` is its latest start. */
interface Phoenix {
  up: Promise<Program>;
  kills: number;
  /** Kills it and starts it again; nothing else is done during that. */
  strike(): Promise<void>;
  /** The latest start, once no kill is in progress any more. */
  settled(): Promise<Program>;
}

function phoenix(start: () => Promise<Program>): Phoenix {
  let striking: Promise<void> | null = null;
  const one: Phoenix = {
    up: start(),
    kills: 0,
    strike() {
      striking ??= (async () => {
        await (await one.up).kill();
        one.kills++;
        one.up = start();
        await one.up;
        striking = null;
      })();
      return striking;
    },
    async settled() {
      await striking;
      return one.up;
    },
  };
  return one;
}

interface Stage {
  service: Phoenix;
  erp: Phoenix;
  books: string;
  /** From here on nothing is killed any more. */
  calm(): void;
  /** Resolves when the ERP, in any of its runs, has pulled a page that ends with this entry. */
  pulled(cursor: string): Promise<void>;
  get<T>(path: string): Promise<T>;
  /** Sends until it gets a response, whatever happens to the service meanwhile. */
  send(event: object): Promise<void>;
}

async function stage(t: test.TestContext, engine: Engine): Promise<Stage> {
  const dir = await mkdtemp(join(tmpdir(), 'orderdock-erp-'));
  const database = await createTestDatabase(engine);
  await writeFile(join(dir, 'connections.yaml'), CONNECTIONS);
  const port = String(await freePort());
  const url = `http://127.0.0.1:${port}`;
  const books = join(dir, 'erp.db');
  const random = seededRandom(`erp-pull ${engine}`);
  let calm = false;
  const told = new Set<string>();
  const waiting = new Map<string, () => void>();
  const service = phoenix(async () => {
    const env = { PORT: port, DATA_DIR: join(dir, 'data'), CONNECTIONS_FILE: join(dir, 'connections.yaml') };
    const more = { DATABASE_URL: database.url, API_KEYS: `erp:operator:${KEY}`, LOG_FORMAT: 'json' };
    const program = startProgram(MAIN, ['serve'], { ...env, ...more }, () => {});
    await program.line((line) => line.includes('"started"'));
    return program;
  });
  // Every line that the ERP writes marks a moment between two of its steps: then it or the service is killed.
  await service.up;
  const erp = phoenix(async () =>
    startProgram(ERP, [], { ORDERDOCK_URL: url, ORDERDOCK_KEY: KEY, ERP_DB: books, PAGE: '4' }, (line) => {
      told.add(line);
      waiting.get(line)?.();
      const chance = random();
      if (calm) return;
      if (chance < 0.25 && erp.kills < ERP_KILLS) void erp.strike();
      else if (chance > 0.9 && service.kills < SERVICE_KILLS) void service.strike();
    }),
  );
  t.after(async () => {
    calm = true;
    await (await erp.settled()).kill();
    await (await service.settled()).kill();
    await database.drop();
    await rm(dir, { recursive: true, force: true });
  });
  const ask = async (path: string, request: RequestInit): Promise<Response> => {
    for (;;) {
      await service.up;
      const answer = await fetch(`${url}${path}`, request).catch(() => null);
      if (answer && answer.status !== 503) return answer;
    }
  };
  return {
    ...{ service, erp, books },
    calm: () => {
      calm = true;
    },
    async pulled(cursor) {
      const line = `pulled ${cursor}`;
      if (!told.has(line)) await new Promise<void>((found) => waiting.set(line, found));
    },
    async get<T>(path: string) {
      const answer = await ask(`/api/v1${path}`, { headers: { authorization: `Bearer ${KEY}` } });
      assert.equal(answer.status, 200, path);
      return (await answer.json()) as T;
    },
    async send(event) {
      const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
      const answer = await ask('/webhooks/shop', { method: 'POST', headers, body: JSON.stringify(event) });
      assert.ok(answer.ok, String(answer.status));
    },
  };
}

interface Change {
  cursor: string;
  changeId: string;
  id: string;
}
interface Page<T> {
  data: T[];
  next: string | null;
}

/** Reads the feed until it has so many entries; returns the last one's cursor. */
async function readOn({ get }: Stage, feed: Change[], entries: number): Promise<string> {
  while (feed.length < entries) {
    const last = feed.at(-1)?.cursor;
    feed.push(...(await get<Page<Change>>(`/changes?wait=30&limit=1000${last ? `&after=${last}` : ''}`)).data);
  }
  return feed.at(-1)?.cursor ?? '';
}

/** Version `round` of an order; every third order has no number, which this ERP cannot book. */
const event = (order: number, round: number) => ({
  event: `${order}-${round}`,
  order: {
    id: `SO-${order}`,
    number: order % 3 === 0 ? null : `N${order}`,
    at: new Date(Date.UTC(2026, 2, 1, 8, round)).toISOString(),
    status: `step ${round}`,
    total: `${round}.50`,
  },
});

interface Booking {
  change_id: string;
  entity: string;
  status: string;
}
interface Held {
  id: string;
  version: number;
  bookings: number;
  state: string;
}

/** The books equal the store: the same changes in the same order, each once, and the newest state of every order. */
async function assertBooked({ get, books }: Stage, feed: readonly Change[]): Promise<void> {
  const erp = new DatabaseSync(books, { readOnly: true });
  const bookings = erp.prepare('select change_id, entity, status from bookings order by no').all() as unknown as Booking[];
  const held = erp.prepare('select id, version, bookings, state from entities').all() as unknown as Held[];
  erp.close();
  assert.deepEqual(
    bookings.map(({ change_id, entity }) => [change_id, entity]),
    feed.map(({ changeId, id }) => [changeId, id]),
  );
  assert.equal(held.length, ORDERS + 1);
  for (const { id, version, bookings: times, state } of held) {
    const order = await get<{ version: number; number: string | null }>(`/orders/${id}`);
    assert.deepEqual(JSON.parse(state), order);
    assert.equal(version, order.version);
    assert.equal(times, order.version, 'each version is booked once');
    const statuses = new Set(bookings.filter(({ entity }) => entity === id).map(({ status }) => status));
    assert.deepEqual([...statuses], [order.number === null ? 'rejected' : 'booked']);
  }
  const outstanding = await get<Page<Change & { receipt: { status: string } | null }>>('/consumers/erp/outstanding?limit=1000');
  assert.deepEqual(
    outstanding.data.map(({ changeId, receipt }) => [changeId, receipt?.status]),
    bookings.filter(({ status }) => status === 'rejected').map(({ change_id }) => [change_id, 'rejected']),
    'every change has its receipt',
  );
}

testOnEngines(
  'an ERP that is killed at random, reading from a service that is killed at random, books every change once',
  async (t, engine) => {
    const here = await stage(t, engine);
    const random = seededRandom(`sender ${engine}`);
    const feed: Change[] = [];
    let round = 0;
    while (here.erp.kills < ERP_KILLS || here.service.kills < SERVICE_KILLS) {
      round++;
      const sent = Array.from({ length: ORDERS }, (_, order) => here.send(event(order, round)));
      if (random() < 0.3 && here.service.kills < SERVICE_KILLS) {
        await sent[Math.floor(random() * ORDERS)];
        void here.service.strike();
      }
      await Promise.all(sent);
      await here.pulled(await readOn(here, feed, round * ORDERS));
    }
    here.calm();
    await here.service.settled();
    const erp = await here.erp.settled();
    await here.send(event(ORDERS, 1));
    const last = await readOn(here, feed, round * ORDERS + 1);
    assert.equal(feed.length, round * ORDERS + 1, 'every event is a change, once');
    await erp.line((line) => line === `acknowledged ${last}`);
    await erp.kill();
    await assertBooked(here, feed);
  },
);
