import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type test from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { BASIC, type Body, connectionsYaml } from '../life/support.ts';
import { until } from '../support/until.ts';

const MAIN = resolve(import.meta.dirname, '../../src/main.ts');
const KEY = 'erp-key-0123456789';

/** The service as a separate process, to be killed, stopped and started again. */
export interface Service {
  url: string;
  dataDir: string;
  pid(): number;
  start(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** SIGTERM; the exit code. */
  stop(): Promise<number | null>;
  signal(name: NodeJS.Signals): void;
  /** Everything logged so far. */
  logged(): string;
  get(path: string): Promise<Body>;
  /** Posts a webhook; status 0: no answer. */
  post(body: string | Buffer, options?: { path?: string; connection?: string; type?: string }): Promise<Posted>;
  notify(externalId: string, connection?: string): Promise<Posted>;
  health(name: 'live' | 'ready'): Promise<number>;
}

export interface Posted {
  status: number;
  deliveryId: string | null;
}

export interface ServiceOptions {
  databaseUrl?: string;
  dataDir?: string;
  /** The connections file. Default: `acme`, without an API. */
  yaml?: string;
  env?: Record<string, string>;
  /** A program that starts the service, with its arguments. */
  under?: readonly string[];
}

export const NO_API = connectionsYaml('http://127.0.0.1:9/none').replace(/^.*api: .*$/m, '');

/** Starts a service; it does not outlive the test. */
export async function startService(t: test.TestContext, options: ServiceOptions = {}): Promise<Service> {
  const home = await mkdtemp(join(tmpdir(), 'orderdock-fault-'));
  const dataDir = options.dataDir ?? join(home, 'data');
  await mkdir(dataDir, { recursive: true });
  const connectionsFile = join(home, 'connections.yaml');
  await writeFile(connectionsFile, options.yaml ?? NO_API);
  const env = {
    PATH: process.env.PATH ?? '',
    PORT: '0',
    DATA_DIR: dataDir,
    CONNECTIONS_FILE: connectionsFile,
    API_KEYS: `erp:admin:${KEY}`,
    LOG_LEVEL: 'warn',
    ...(options.databaseUrl ? { DATABASE_URL: options.databaseUrl } : {}),
    ...options.env,
  };
  const [program = process.execPath, ...words] = [...(options.under ?? []), process.execPath, MAIN, 'serve'];
  const log: string[] = [];
  let child: ChildProcess | null = null;
  let ended: Promise<number | null> = Promise.resolve(null);

  const end = async (name: NodeJS.Signals): Promise<number | null> => {
    child?.kill(name);
    return ended;
  };
  const service: Service = {
    url: '',
    dataDir,
    pid: () => child?.pid ?? 0,
    async start() {
      const address = join(dataDir, 'address');
      await rm(address, { force: true });
      const started = spawn(program, words, { env, stdio: ['ignore', 'pipe', 'pipe'] });
      started.stdout.on('data', (chunk: Buffer) => void log.push(chunk.toString()));
      started.stderr.on('data', (chunk: Buffer) => void log.push(chunk.toString()));
      ended = once(started, 'close').then(([code]) => code as number | null);
      child = started;
      const text = await until(
        'the service has written its address',
        () => readFile(address, 'utf8').catch(() => ''),
        (found) => {
          assert.equal(started.exitCode, null, log.join(''));
          return found.endsWith('\n');
        },
      );
      service.url = text.trim();
    },
    kill: async () => void (await end('SIGKILL')),
    stop: () => end('SIGTERM'),
    signal: (name) => void child?.kill(name),
    logged: () => log.join(''),
    async get(path) {
      const response = await fetch(`${service.url}/api/v1${path}`, { headers: { Authorization: `Bearer ${KEY}` } });
      assert.equal(response.status, 200, path);
      return response.json();
    },
    post: (body, { path = '/orders', connection = 'acme', type = 'application/json' } = {}) =>
      send(`${service.url}/webhooks/${connection}${path}`, 'POST', { 'Content-Type': type }, body),
    notify: (externalId, connection = 'acme') =>
      send(`${service.url}/webhooks/${connection}/orders/${encodeURIComponent(externalId)}`, 'GET', {}),
    health: (name) =>
      fetch(`${service.url}/health/${name}`).then(
        (response) => response.status,
        () => 0,
      ),
  };
  t.after(async () => {
    await service.kill();
    await rm(home, { recursive: true, force: true });
  });
  await service.start();
  return service;
}

async function send(url: string, method: string, headers: Record<string, string>, body?: string | Buffer): Promise<Posted> {
  try {
    const response = await fetch(url, {
      method,
      headers: { Authorization: BASIC, ...headers },
      ...(body === undefined ? {} : { body: Buffer.from(body) }),
    });
    const answer = (await response.json()) as { deliveryId?: string };
    return { status: response.status, deliveryId: answer.deliveryId ?? null };
  } catch {
    return { status: 0, deliveryId: null };
  }
}

/** All rows of a list, page by page. */
export async function all(service: Service, path: string): Promise<Body[]> {
  const rows: Body[] = [];
  let after = '';
  for (;;) {
    const page = await service.get(`${path}${path.includes('?') ? '&' : '?'}limit=1000${after}`);
    rows.push(...page.data);
    if (page.next === null || page.data.length === 0) return rows;
    after = `&after=${encodeURIComponent(page.next)}`;
  }
}

/** Waits until nothing is pending any more. */
export const settled = (service: Service): Promise<unknown> =>
  until(
    'no delivery is pending any more',
    async () => [
      ...(await service.get('/deliveries?state=pending&limit=5')).data,
      ...(await service.get('/deliveries?state=working&limit=5')).data,
    ],
    (open) => open.length === 0,
  );

/** A platform's API on this machine with scripted responses. */
export interface RemoteServer {
  url: string;
  orders: Map<string, string>;
  /** Answers of `GET /order/{id}`, by id. */
  fetched: string[];
  /** `down`: 503 to everything. `slowMs`: the delay for an order. */
  mood: { down: boolean; slowMs: number };
}

export async function startRemoteServer(t: test.TestContext): Promise<RemoteServer> {
  const far: RemoteServer = { url: '', orders: new Map(), fetched: [], mood: { down: false, slowMs: 0 } };
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const token = `${part({ alg: 'none' })}.${part({ exp: 4_000_000_000 })}.x`;
  const server = createServer(async (request, response) => {
    request.resume();
    if (far.mood.down) return void response.writeHead(503).end();
    if (request.url?.startsWith('/authentication/')) {
      return void response.writeHead(200, { 'Set-Authorization': token, 'Set-Refresh-Token': token }).end('{}');
    }
    const id = decodeURIComponent(/^\/order\/(.+)$/.exec(request.url ?? '')?.[1] ?? '');
    if (far.mood.slowMs > 0) await pause(far.mood.slowMs);
    const order = far.orders.get(id);
    if (order === undefined) return void response.writeHead(404).end();
    far.fetched.push(id);
    response.writeHead(200, { 'Content-Type': 'application/json' }).end(order);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  t.after(() => {
    server.closeAllConnections();
    return new Promise<void>((closed) => server.close(() => closed()));
  });
  far.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return far;
}

/** Two connections with an API each. */
export const twoConnections = (one: RemoteServer, two: RemoteServer): string => {
  const entry = (name: string, url: string) =>
    connectionsYaml(url)
      .replace(/^\s*connections:\n/, '')
      .replace('acme:', `${name}:`);
  return `connections:\n${entry('acme', one.url)}${entry('other', two.url)}`;
};

/** The same numbers in every run: a small generator (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
