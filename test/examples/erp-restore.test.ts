import assert from 'node:assert/strict';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type test from 'node:test';
import pg from 'pg';
import { createTestDatabase, type Engine, testOnEngines } from '../support/engines.ts';
import { freePort, type Program, startProgram } from './program.ts';

const MAIN = resolve(import.meta.dirname, '../../src/main.ts');
const ERP = resolve(import.meta.dirname, '../../examples/erp-pull/erp-pull.ts');
const KEY = 'erp-example-key-0001';
const TOKEN = 'sender-token';
const ORDERS = 3;
const CONNECTIONS = `connections:
  shop:
    platform: standard
    webhook: { auth: [ { bearer: { token: ${TOKEN} } } ] }
    dedupe: /event
    entity: { kind: order, id: /order/id, updatedAt: /order/at, number: /order/number, status: /order/status }
    reconcile: { schedule: false }
`;

/** A copy of a closed database, and its restore. */
async function backUp(engine: Engine, url: string): Promise<{ restore(): Promise<void>; drop(): Promise<void> }> {
  if (engine === 'sqlite') {
    const path = url.slice('sqlite:'.length);
    const kept = `${path}.backup`;
    const move = async (from: string, to: string) => {
      for (const end of ['', '-wal', '-shm']) {
        await rm(`${to}${end}`, { force: true });
        await cp(`${from}${end}`, `${to}${end}`).catch(() => undefined);
      }
    };
    await move(path, kept);
    return { restore: () => move(kept, path), drop: async () => {} };
  }
  const name = new URL(url).pathname.slice(1);
  const run = async (...statements: string[]) => {
    const client = new pg.Client({ connectionString: `${process.env.TEST_POSTGRES_URL}/postgres` });
    await client.connect();
    for (const statement of statements) await client.query(statement);
    await client.end();
  };
  const free = `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`;
  await run(free, `create database ${name}_backup template ${name}`);
  return {
    restore: () => run(`drop database ${name} with (force)`, `create database ${name} template ${name}_backup`),
    drop: () => run(`drop database ${name}_backup`),
  };
}

/** A proxy between the ERP and the service that can delay receipts. */
async function startGate(target: string) {
  let arrived = () => {};
  let gate = Promise.resolve();
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>));
    if (request.method === 'POST' && request.url?.endsWith('/receipts')) {
      arrived();
      await gate;
    }
    const headers = { authorization: request.headers.authorization ?? '', 'content-type': 'application/json' };
    const sent = { method: request.method ?? 'GET', headers, ...(body.length > 0 ? { body } : {}) };
    const answer = await fetch(`${target}${request.url}`, sent).catch(() => null);
    if (!answer) return void response.destroy();
    const text = await answer.text().catch(() => null);
    if (text === null) return void response.destroy();
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(text);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** The next receipts wait for `release`; `waiting` resolves when they have arrived. */
    hold() {
      const [released, waiting] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      gate = released.promise;
      arrived = waiting.resolve;
      return { waiting: waiting.promise, release: released.resolve };
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

interface Change {
  cursor: string;
  changeId: string;
  id: string;
}

/** The service on one database and port, across restarts, and the ERP beside it. */
async function stage(t: test.TestContext, engine: Engine) {
  const dir = await mkdtemp(join(tmpdir(), 'orderdock-restore-'));
  const database = await createTestDatabase(engine);
  await writeFile(join(dir, 'connections.yaml'), CONNECTIONS);
  const port = String(await freePort());
  const url = `http://127.0.0.1:${port}`;
  const books = join(dir, 'erp.db');
  const env = { PORT: port, DATA_DIR: join(dir, 'data'), CONNECTIONS_FILE: join(dir, 'connections.yaml'), DATABASE_URL: database.url };
  let service: Program;
  const start = async () => {
    service = startProgram(MAIN, ['serve'], { ...env, API_KEYS: `erp:operator:${KEY}`, LOG_FORMAT: 'json' }, () => {});
    await service.line((line) => line.includes('"started"'));
  };
  await start();
  const gate = await startGate(url);
  const erp = startProgram(ERP, [], { ORDERDOCK_URL: gate.url, ORDERDOCK_KEY: KEY, ERP_DB: books }, () => {});
  const drops: (() => Promise<void>)[] = [];
  t.after(async () => {
    await erp.kill();
    gate.close();
    await service.kill();
    await database.drop();
    for (const drop of drops) await drop();
    await rm(dir, { recursive: true, force: true });
  });
  const get = (path: string) => fetch(`${url}/api/v1${path}`, { headers: { authorization: `Bearer ${KEY}` } });
  return {
    ...{ books, erp, get, start, gate },
    kill: () => service.kill(),
    async backUp() {
      const backup = await backUp(engine, database.url);
      drops.push(backup.drop);
      return backup;
    },
    async send(order: number, round: number) {
      const at = new Date(Date.UTC(2026, 2, 1, 8, round)).toISOString();
      const event = { event: `${order}-${round}`, order: { id: `SO-${order}`, number: `N${order}`, at, status: `step ${round}` } };
      const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
      const answer = await fetch(`${url}/webhooks/shop`, { method: 'POST', headers, body: JSON.stringify(event) });
      assert.ok(answer.ok, String(answer.status));
    },
    /** Reads the whole feed once it has so many entries. */
    async feed(entries: number): Promise<Change[]> {
      for (;;) {
        const { data } = (await (await get('/changes?limit=1000&wait=1')).json()) as { data: Change[] };
        if (data.length >= entries) return data;
      }
    },
  };
}

testOnEngines('when a backup is restored, the ERP recovers its position and books every change once', async (t, engine) => {
  const here = await stage(t, engine);
  const sendRound = async (round: number) => {
    for (let order = 0; order < ORDERS; order++) await here.send(order, round);
  };
  const booked = async (change: Change | undefined) => here.erp.line((line) => line === `acknowledged ${change?.cursor}`);

  await sendRound(1);
  await booked((await here.feed(ORDERS)).at(-1));
  await here.kill();
  const backup = await here.backUp();
  await here.start();
  await sendRound(2);
  const before = await here.feed(2 * ORDERS);
  await booked(before.at(-1));
  // Booked and without a receipt when the service stops: its receipt is sent to a feed that does not have the entry.
  const receipts = here.gate.hold();
  await here.send(0, 3);
  await receipts.waiting;
  await here.kill();
  await backup.restore();
  await here.start();
  receipts.release();
  await here.erp.line((line) => line.startsWith('diverged'));
  const refused = await here.get(`/changes?after=${before.at(-1)?.cursor}`);
  const { code, oldest } = (await refused.json()) as { code: string; oldest: string };
  assert.deepEqual([refused.status, code, oldest], [410, 'feed_diverged', '0']);

  // The platform repeats what it has sent since, and sends something new.
  await sendRound(2);
  await sendRound(4);
  const after = await here.feed(3 * ORDERS);
  await booked(after.at(-1));
  await here.erp.kill();
  const erp = new DatabaseSync(here.books, { readOnly: true });
  const bookings = (erp.prepare('select change_id from bookings order by no').all() as { change_id: string }[]).map((row) => row.change_id);
  const states = erp.prepare('select id, state from entities').all() as { id: string; state: string }[];
  erp.close();
  assert.equal(new Set(bookings).size, bookings.length, 'each once');
  for (const { changeId } of [...before, ...after]) assert.ok(bookings.includes(changeId), changeId);
  assert.equal(bookings.length, new Set([...before, ...after].map(({ changeId }) => changeId)).size + 1, 'and the one that was lost');
  assert.equal(states.length, ORDERS);
  for (const { id, state } of states) assert.deepEqual(JSON.parse(state), await (await here.get(`/orders/${id}`)).json());
});
