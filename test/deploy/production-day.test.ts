import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import test from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { freePort, type Program, startProgram } from '../examples/program.ts';
import { createTestDatabase, ENGINES } from '../support/engines.ts';
import { until } from '../support/until.ts';

// Runs what docs/deploying.md describes: two processes on one PostgreSQL behind nginx with TLS, a rolling replacement under load, a backup, its
// restore, and an ERP that reads throughout.

const ROOT = resolve(import.meta.dirname, '../..');
const MAIN = join(ROOT, 'src/main.ts');
const ERP = join(ROOT, 'examples/erp-pull/erp-pull.ts');
const KEY = 'erp-key-of-a-production-day';
const TOKEN = 'sender-token-of-a-production-day';
const ORDERS = 12;
const PATH = `${process.env.PATH}${delimiter}/usr/sbin`;
const hasNginx = PATH.split(delimiter).some((directory) => existsSync(join(directory, 'nginx')));

const CONNECTIONS = `connections:
  shop:
    platform: standard
    webhook: { auth: [ { bearer: { token: ${TOKEN} } } ] }
    dedupe: /event
    entity: { kind: order, id: /order/id, updatedAt: /order/at, number: /order/number, status: /order/status }
`;

/** One service process that can be replaced by its next version. */
interface Instance {
  port: number;
  start(): Promise<void>;
  /** SIGTERM, after which it exits by itself with code 0. */
  stop(): Promise<void>;
}

interface Site {
  url: string;
  certificate: string;
  directory: string;
  databaseUrl: string;
  instances: readonly [Instance, Instance];
}

function instanceOf(t: test.TestContext, port: number, env: Record<string, string>): Instance {
  let child: ReturnType<typeof spawn> | null = null;
  t.after(() => child?.kill('SIGKILL'));
  return {
    port,
    async start() {
      child = spawn(process.execPath, [MAIN, 'serve'], { env: { PATH, ...env, PORT: String(port) }, stdio: 'ignore' });
      await untilReady(port);
    },
    async stop() {
      assert.ok(child);
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      assert.deepEqual(await ended, [0, null]);
    },
  };
}

const untilReady = (port: number): Promise<unknown> =>
  until(
    `the process on port ${port} is ready`,
    () =>
      fetch(`http://127.0.0.1:${port}/health/ready`).then(
        ({ status }) => status,
        () => 0,
      ),
    (status) => status === 200,
  );

async function openSite(t: test.TestContext): Promise<Site> {
  const directory = await mkdtemp(join(tmpdir(), 'orderdock-day-'));
  t.after(() => rm(directory, { recursive: true, force: true }));
  await writeFile(join(directory, 'connections.yaml'), CONNECTIONS);
  const database = await createTestDatabase('postgres');
  t.after(() => database.drop());
  const env = (name: string) => ({
    DATA_DIR: join(directory, name),
    CONNECTIONS_FILE: join(directory, 'connections.yaml'),
    DATABASE_URL: database.url,
    DOCUMENTS_URL: `file:${join(directory, 'documents')}`,
    API_KEYS: `erp:operator:${KEY}`,
    NODE_ENV: 'production',
    TRUST_PROXY: '1',
    LOG_LEVEL: 'error',
  });
  const instances = [instanceOf(t, await freePort(), env('one')), instanceOf(t, await freePort(), env('two'))] as const;
  await Promise.all(instances.map((instance) => instance.start()));
  const url = await startNginx(t, directory, instances);
  return { url, certificate: join(directory, 'fullchain.pem'), directory, databaseUrl: database.url, instances };
}

/** The repository's own file, with the addresses of this test. */
async function startNginx(t: test.TestContext, directory: string, [one, two]: readonly [Instance, Instance]): Promise<string> {
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-days', '2'];
  const files = ['-keyout', join(directory, 'privkey.pem'), '-out', join(directory, 'fullchain.pem')];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...names, ...files], { stdio: 'ignore' });
  const port = await freePort();
  const site = readFileSync(join(ROOT, 'deploy/nginx.conf'), 'utf8')
    .replaceAll('orderdock-1:8080', `127.0.0.1:${one.port}`)
    .replaceAll('orderdock-2:8080', `127.0.0.1:${two.port}`)
    .replaceAll('/etc/nginx/tls', directory)
    .replace('listen 443 ssl', `listen 127.0.0.1:${port} ssl`)
    .replace('server_name orders.example.com', 'server_name localhost');
  await writeFile(join(directory, 'site.conf'), site);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${directory}/${kind};`).join(' ');
  const main = `daemon off; user root; pid ${directory}/nginx.pid; error_log ${directory}/error.log; events {} http { access_log off; ${temporary} include ${directory}/site.conf; }`;
  await writeFile(join(directory, 'nginx.conf'), main);
  const nginx = spawn('nginx', ['-c', join(directory, 'nginx.conf'), '-e', join(directory, 'error.log')], {
    env: { PATH },
    stdio: 'ignore',
  });
  t.after(async () => {
    const ended = once(nginx, 'exit');
    nginx.kill('SIGTERM');
    await ended;
  });
  return `https://localhost:${port}`;
}

/** A platform that sends each event until it is accepted, as its real counterpart does. */
function createSender(site: Site) {
  const agent = new Agent({ keepAlive: true, ca: readFileSync(site.certificate) });
  const refused: number[] = [];
  const post = (body: string): Promise<number> =>
    new Promise((answered) => {
      const headers = { Authorization: `Bearer ${TOKEN}`, 'Content-Type': 'application/json' };
      const sent = request(`${site.url}/webhooks/shop`, { method: 'POST', agent, headers }, (response) => {
        response.resume();
        response.on('end', () => answered(response.statusCode ?? 0));
        response.on('error', () => answered(0));
      });
      sent.on('error', () => answered(0));
      sent.end(body);
    });
  return {
    /** Statuses that were neither 202 nor 200. */
    refused,
    async send(order: number, round: number): Promise<void> {
      for (let tries = 0; tries < 3000; tries++) {
        const status = await post(eventOf(order, round));
        if (status === 202 || status === 200) return;
        refused.push(status);
        await pause(100);
      }
      assert.fail(`event ${order}-${round} was never accepted`);
    },
    close: () => agent.destroy(),
  };
}

const eventOf = (order: number, round: number): string =>
  JSON.stringify({
    event: `${order}-${round}`,
    order: {
      id: `SO-${order}`,
      number: `N${order}`,
      at: new Date(Date.UTC(2026, 2, 1, 8, 0, round)).toISOString(),
      status: `step ${round}`,
    },
  });

const rounds = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, at) => from + at);

interface Order {
  id: string;
  number: string;
  status: string;
  version: number;
}

async function ordersOf(instance: Instance): Promise<Order[]> {
  const response = await fetch(`http://127.0.0.1:${instance.port}/api/v1/orders?limit=100`, {
    headers: { Authorization: `Bearer ${KEY}` },
  });
  assert.equal(response.status, 200);
  return ((await response.json()) as { data: Order[] }).data;
}

/** Waits until service and books agree that every order is at this round; then compares them. */
async function assertAllBooked(site: Site, books: string, round: number, erpLines: readonly string[]): Promise<void> {
  let seen = '';
  for (let tries = 0; tries < 600; tries++) {
    const orders = await ordersOf(site.instances[0]);
    const erp = new DatabaseSync(books, { readOnly: true });
    const booked = erp.prepare('select id, version, state from entities').all() as unknown as {
      id: string;
      version: number;
      state: string;
    }[];
    erp.close();
    const held = new Map(booked.map(({ id, state }) => [id, JSON.parse(state) as Order]));
    seen = JSON.stringify(orders.map(({ number, status, id }) => [number, status, held.get(id)?.status]));
    if (
      orders.length === ORDERS &&
      orders.every(({ id, status, version }) => {
        const book = held.get(id);
        return status === `step ${round}` && book?.status === status && book.version === version;
      })
    )
      return;
    await pause(50);
  }
  assert.fail(`the books do not agree with the service: ${seen}\n${erpLines.slice(-12).join('\n')}`);
}

/** PostgreSQL's own copy of a database without connections. */
async function copyDatabase(server: string, from: string, to: string): Promise<void> {
  const client = new pg.Client({ connectionString: `${server}/postgres` });
  await client.connect();
  await client.query(`drop database if exists ${to} with (force)`);
  await client.query(`create database ${to} template ${from}`).finally(() => client.end());
}

const startErp = (site: Site, books: string, heard: (line: string) => void): Program =>
  startProgram(
    ERP,
    [],
    { ORDERDOCK_URL: site.url, ORDERDOCK_KEY: KEY, ERP_DB: books, PAGE: '10', NODE_EXTRA_CA_CERTS: site.certificate },
    heard,
  );

if (ENGINES.includes('postgres')) {
  const skip = hasNginx || process.env.CI ? false : 'nginx is not installed';
  test('a day in production: rolling replacement under load, backup, restore, and everything booked', {
    skip,
    timeout: 400_000,
  }, async (t) => {
    const site = await openSite(t);
    const books = join(site.directory, 'erp.db');
    const sender = createSender(site);
    t.after(sender.close);
    const erpLines: string[] = [];
    const erp = startErp(site, books, (line) => void erpLines.push(line));
    void erp.line(() => false).catch((error: Error) => void erpLines.push(error.message));
    t.after(() => erp.kill());
    const play = (from: number, to: number) =>
      Promise.all(
        Array.from({ length: ORDERS }, async (_, order) => {
          for (const round of rounds(from, to)) await sender.send(order, round);
        }),
      );

    // Replaced one after the other while webhooks arrive: the other process accepts them.
    const traffic = play(1, 40);
    for (const instance of site.instances) {
      await instance.stop();
      await instance.start();
    }
    await traffic;
    assert.deepEqual(sender.refused, [], 'the proxy found a process for every request');
    await assertAllBooked(site, books, 40, erpLines);

    // A backup; then changes that are lost with the database, although the ERP has read them.
    const server = site.databaseUrl.slice(0, site.databaseUrl.lastIndexOf('/'));
    const name = site.databaseUrl.slice(site.databaseUrl.lastIndexOf('/') + 1);
    const backup = `${name}_backup`;
    await Promise.all(site.instances.map((instance) => instance.stop()));
    await copyDatabase(server, name, backup);
    t.after(() => dropDatabase(server, backup));
    await Promise.all(site.instances.map((instance) => instance.start()));
    await play(41, 45);
    await assertAllBooked(site, books, 45, erpLines);
    await Promise.all(site.instances.map((instance) => instance.stop()));
    await copyDatabase(server, backup, name);
    await Promise.all(site.instances.map((instance) => instance.start()));

    // The platform sends again what the backup does not contain, and continues.
    await play(41, 50);
    await assertAllBooked(site, books, 50, erpLines);
    const erpBooks = new DatabaseSync(books, { readOnly: true });
    const { all, different } = erpBooks.prepare('select count(*) as "all", count(distinct change_id) as different from bookings').get() as {
      all: number;
      different: number;
    };
    erpBooks.close();
    assert.equal(all, different, 'every change is booked once');
  });
}

async function dropDatabase(server: string, name: string): Promise<void> {
  const client = new pg.Client({ connectionString: `${server}/postgres` });
  await client.connect();
  await client.query(`drop database if exists ${name} with (force)`).finally(() => client.end());
}
