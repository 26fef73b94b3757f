import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type App, startApp } from '../../src/app.ts';
import { readConnections } from '../../src/connections.ts';
import type { Connection } from '../../src/platforms/contract/platform.ts';
import type { SimulatedRequest, SimulatedResponse, Simulation } from '../../src/platforms/contract/simulation.ts';
import { PLATFORMS } from '../../src/platforms/registry.ts';
import { type Simulators, startSimulators } from '../../src/sandbox/simulators.ts';
import { readSettings } from '../../src/settings.ts';
import { createTestDatabase, type Engine, testOnEngines } from '../support/engines.ts';
import { type MemoryLog, memoryLog } from '../support/log.ts';
import { until } from '../support/until.ts';

/** What a test expects of the API is written down beside it: members are looked for by name. */
// biome-ignore lint/suspicious/noExplicitAny: an answer is JSON of any shape; asserting on it is what the test is for.
export type Body = any;

export interface Answer {
  status: number;
  headers: Headers;
  body: Body;
}

export interface Hook {
  path?: string;
  method?: 'POST' | 'GET' | 'PUT';
  headers?: Record<string, string>;
  body?: string | Buffer;
  connection?: string;
}

export interface Life {
  app: App;
  url: string;
  log: MemoryLog;
  /** The simulated Tradecloud. `orders` and `shipments` (JSON by id) take precedence over those of its own data. */
  far: {
    simulation: Simulation;
    orders: Map<string, string>;
    shipments: Map<string, string>;
    calls: string[];
    headers: Record<string, string>[];
    simulators: Simulators;
    /** Answers instead of the platform; undefined: the platform answers. */
    failing?: ((request: SimulatedRequest) => SimulatedResponse | null) | null;
  };
  /** A webhook as given, with the connection's password unless `headers` contain other credentials. */
  hook(hook: Hook): Promise<Answer>;
  /** Posts to `/orders`; the answer must be a 202. Returns the delivery once it has ended. */
  order(body: string | Buffer, headers?: Record<string, string>): Promise<Body>;
  get(path: string): Promise<Body>;
  call(method: string, path: string, body?: unknown): Promise<Answer>;
  /** Reads again until the condition holds; `what` names it in a failure. */
  until<T>(what: string, read: () => T | Promise<T>, holds: (value: T) => boolean): Promise<T>;
  /** The delivery, once it has ended. */
  ended(deliveryId: string): Promise<Body>;
  /** All entries of the feed. */
  feed(): Promise<Body[]>;
  connections(yaml: string): Connection[];
  restart(): Promise<void>;
}

export const PASSWORD = 'open-sesame-11';
export const BASIC = `Basic ${Buffer.from(`tradecloud:${PASSWORD}`).toString('base64')}`;
const KEY = 'erp-key-0123456789';

export const connectionsYaml = (api: string, more = ''): string => `
connections:
  acme:
    platform: tradecloud
    webhook:
      auth:
        - basic: { username: tradecloud, password: ${PASSWORD} }
        - bearer: { token: [new-token-22, old-token-22] }
        - oauth2: { clients: [{ id: tradecloud, secret: client-secret-33 }] }
    api: { baseUrl: "${api}", username: erp@veldhuis.example, password: api-pass-44 }
    reconcile: { schedule: false }
${more}`;

type Work = (life: Life) => Promise<void>;

/** A test on each engine: the whole service in this process, used only through HTTP. */
export function alive(name: string, work: Work, env: Record<string, string> = {}): void {
  testOnEngines(name, async (_t, engine) => {
    const { life, end } = await openLife(engine, env);
    try {
      await work(life);
    } finally {
      await end();
    }
  });
}

/** The whole service on one engine; `more` are further connections, as YAML. */
export async function openLife(engine: Engine, env: Record<string, string> = {}, more = ''): Promise<{ life: Life; end(): Promise<void> }> {
  const database = await createTestDatabase(engine);
  const dataDir = await mkdtemp(join(tmpdir(), 'orderdock-life-'));
  const simulators = await startSimulators(0);
  const yaml = connectionsYaml(`${simulators.origin}/tc`, more);
  const connections = (text: string) => readConnections(text, {}, PLATFORMS);
  const settings = readSettings(
    { DATABASE_URL: database.url, DATA_DIR: dataDir, PORT: '0', API_KEYS: `erp:admin:${KEY},eye:reader:eye-key-0123456789`, ...env },
    { terminal: false },
  );
  const log = memoryLog();
  const far = remoteServer(simulators, connections(yaml)[0] as Connection);
  const start = () => startApp({ ...settings, connectionsFile: 'connections.yaml' }, connections(yaml), { log, random: () => 0.1 });
  const life = speak(await start(), log, far, connections);
  life.restart = async () => {
    await life.app.stop();
    life.app = await start();
    life.url = life.app.url ?? '';
  };
  const end = async () => {
    await life.app.stop();
    await simulators.stop();
    await database.drop();
    await rm(dataDir, { recursive: true, force: true });
  };
  return { life, end };
}

function remoteServer(simulators: Simulators, { platform, settings }: Connection): Life['far'] {
  let ids = 0;
  const simulation = platform.simulate(settings, {
    now: () => new Date(),
    random: () => 0.42,
    makeId: () => `0a0b0c0d-0000-4000-8000-${String(++ids).padStart(12, '0')}`,
    baseUrl: `${simulators.origin}/tc`,
  });
  const far: Life['far'] = { simulation, orders: new Map(), shipments: new Map(), calls: [], headers: [], simulators };
  simulators.host('tc', (request) => {
    far.calls.push(`${request.method} ${request.path}`);
    far.headers.push(request.headers);
    const [, kind, id = ''] = /^\/(order|shipment)\/([^/]+)$/.exec(request.path) ?? [];
    const failing = far.failing?.(request);
    if (failing) return failing;
    const own = (kind === 'order' ? far.orders : far.shipments).get(decodeURIComponent(id));
    return own === undefined ? simulation.answer(request) : { status: 200, headers: { 'Content-Type': 'application/json' }, body: own };
  });
  return far;
}

function speak(app: App, log: MemoryLog, far: Life['far'], connections: Life['connections']): Life {
  const life: Life = {
    app,
    url: app.url ?? '',
    log,
    far,
    connections,
    restart: async () => {},
    hook: ({ path = '/orders', method = 'POST', headers = {}, body, connection = 'acme' }) =>
      ask(`${life.url}/webhooks/${connection}${path}`, {
        method,
        headers: { Authorization: BASIC, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? Buffer.from(body) : body }),
      }),
    async order(body, headers = {}) {
      const answer = await life.hook({ body, headers });
      assert.equal(answer.status, 202, JSON.stringify(answer.body));
      return life.ended(answer.body.deliveryId);
    },
    async get(path) {
      const answer = await life.call('GET', path);
      assert.equal(answer.status, 200, `${path}: ${JSON.stringify(answer.body)}`);
      return answer.body;
    },
    call: (method, path, body) =>
      ask(`${life.url}/api/v1${path}`, {
        method,
        headers: { Authorization: `Bearer ${KEY}`, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    until: (what, read, holds) => until(what, read, holds),
    ended: (id) =>
      until(
        `delivery ${id} has ended`,
        () => life.get(`/deliveries/${id}`),
        ({ state }) => ['done', 'ignored', 'dead'].includes(state),
        log.written,
      ),
    feed: async () => (await life.get('/changes?limit=1000')).data,
  };
  return life;
}

async function ask(url: string, init: RequestInit): Promise<Answer> {
  const response = await fetch(url, init);
  const text = await response.text();
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
}
