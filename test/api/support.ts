import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { after } from 'node:test';
import express from 'express';
import OpenApiValidator from 'express-openapi-validator';
import { createNotifier } from '../../src/domain/notifier.ts';
import { createFindKey, createSignIn } from '../../src/http/api/auth.ts';
import { createApiDocs } from '../../src/http/api/docs-page.ts';
import type { ApiPorts } from '../../src/http/api/ports.ts';
import { createApi } from '../../src/http/api/router.ts';
import { readApiSpec } from '../../src/http/api/spec.ts';
import { createDescribeName } from '../../src/http/auth/describe-name.ts';
import { createSignIns } from '../../src/http/auth/sign-ins.ts';
import { createThrottle } from '../../src/http/auth/throttle.ts';
import { errorBorder, notFound } from '../../src/http/problem.ts';
import { requestContext } from '../../src/http/request-context.ts';
import type { ConnectionHealth } from '../../src/monitoring/health/connection-health.ts';
import type { Database } from '../../src/store/engine/database.ts';
import { listRejections } from '../../src/store/monitoring/list-responses.ts';
import { type Engine, openTestDatabase, testOnEnginesWith } from '../support/engines.ts';

export const READER = 'reader-key-0123456789';
export const OPERATOR = 'operator-key-0123456789';
export const ADMIN = 'admin-key-0123456789';
export const NOW = '2026-03-01T12:00:00.000Z';

const NO_SAMPLE = { p50: null, p90: null, p99: null, samples: 0 };

const HEALTH: ConnectionHealth = {
  lastDeliveryAt: '2026-03-01T11:00:00.000Z',
  lastSuccessAt: null,
  backlog: 2,
  oldestWaitingAt: null,
  circuit: 'closed',
  watermark: null,
  lagMs: null,
  answers: { 202: 5 },
  failureBudget: {
    rule: 'Ten in a row and it stops.',
    kind: 'consecutive',
    limit: 10,
    used: 0,
    usedPercent: 0,
    consecutiveFailures: 0,
    firstFailureAt: null,
    lastSuccessAt: null,
  },
  silence: { quietMs: null, expectedMs: null, silent: false },
  latency: { platformToReceived: NO_SAMPLE, receivedToApplied: NO_SAMPLE, appliedToPulled: NO_SAMPLE, pulledToBooked: NO_SAMPLE },
  credentials: [{ credential: 'auth[0].basic', lastUsedAt: '2026-03-01T11:00:00.000Z', uses: 5 }],
  registrations: {
    checkedAt: '2026-03-01T11:00:00.000Z',
    registered: [
      {
        id: '42',
        name: null,
        url: 'https://dock.example/webhooks/shop',
        events: ['order.create'],
        enabled: true,
        statistics: { failed: 1 },
      },
    ],
  },
};

export interface TestApi {
  db: Database;
  ports: ApiPorts;
  url: string;
  /** Raised by tests that append to the feed. */
  feedChanged: { notify(): void };
  /** Calls the API with a key (null: none) and validates the JSON response against the description. */
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
  get(path: string, options?: CallOptions): Promise<Answer>;
  stopServer(): void;
  close(): Promise<void>;
}

export interface CallOptions {
  key?: string | null;
  headers?: Record<string, string>;
  body?: unknown;
}

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  // The tests look into answers as a client without types would.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  json: any;
}

const connection = (name: string, platform: string) =>
  ({ name, platform: { name: platform }, settings: { webhook: {} }, reconcile: { schedule: '*/5 * * * *', since: null } }) as never;

/** The API on a real server over a real, empty database; every other function is a small fake that tests replace. */
export async function startApi(engine: Engine, replaced: Partial<ApiPorts> = {}): Promise<TestApi> {
  const { db, close } = await openTestDatabase(engine);
  const feedChanged = createNotifier();
  const stop = new AbortController();
  const names = new Map([
    ['acme', connection('acme', 'tradecloud')],
    ['fresh', connection('fresh', 'ordermentum')],
  ]);
  const log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
  const context: ApiPorts['context'] = {
    db,
    feedChanged,
    pollIntervalMs: () => 500,
    clock: { now: () => new Date(NOW) },
    connections: { get: (name) => names.get(name), list: () => [...names.values()] },
    log,
  };
  const settingsKeys = [
    { name: 'r', role: 'reader' as const, key: READER },
    { name: 'o', role: 'operator' as const, key: OPERATOR },
    { name: 'a', role: 'admin' as const, key: ADMIN },
  ];
  const ports: ApiPorts = {
    context,
    settingsKeys,
    signIn: createSignIn({ context, settingsKeys }, createFindKey({ context, settingsKeys }), signInsOf(context, settingsKeys)),
    stop: stop.signal,
    replay: async () => 0,
    previewReplay: async () => ({ number: 0, complete: true, changes: [], compared: 0, failures: [] }),
    retry: async () => 0,
    dismiss: async () => 0,
    reconcile: async () => 'none',
    health: async () => HEALTH,
    coverage: async () => [],
    rejections: (connection, page) => listRejections(db.read, connection.name, page),
    invariants: async () => ({ violations: 0, checkedAt: NOW, checks: [] }),
    openContent: async () => Readable.from([]),
    ...replaced,
  };
  const app = express();
  app.use(requestContext);
  app.use('/api/v1', createApi(ports));
  app.use('/api/docs', createApiDocs());
  app.use(notFound, errorBorder(log));
  const server = app.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  checking ??= startChecker();
  const check = await checking;
  const call: TestApi['call'] = async (method, path, { key = ADMIN, headers = {}, body } = {}) => {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: {
        ...(key === null ? {} : { Authorization: `Bearer ${key}` }),
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    const json = isJson && text !== '' ? JSON.parse(text) : null;
    if (json !== null && path !== '/openapi.json')
      await check.verify(method, path, response.status, response.headers.get('content-type') ?? '', text);
    return { status: response.status, headers: response.headers, text, json };
  };
  return {
    db,
    ports,
    url,
    feedChanged,
    call,
    get: (path, options) => call('GET', path, options),
    stopServer: () => stop.abort(),
    close: async () => {
      stop.abort();
      await new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      });
      await close();
    },
  };
}

/** Declares a test that runs once on each engine, with its own API that is closed afterwards. */
export const testWithApi = (name: string, body: (api: TestApi, engine: Engine) => Promise<void>): void =>
  testOnEnginesWith(name, startApi, body);

/** Failed sign-ins are counted as in the service; the counts are not reported here. */
export const signInsOf = (context: ApiPorts['context'], settingsKeys: ApiPorts['settingsKeys']) =>
  createSignIns({
    context,
    throttle: createThrottle(() => context.clock.now().getTime()),
    describeName: createDescribeName({ ...context, settingsKeys }),
    count: () => {},
  });

// One for all tests of a file, since the validator compiles each schema only once.
let checking: ReturnType<typeof startChecker> | undefined;
after(async () => (await checking)?.close());

/** Lets the OpenAPI validator check responses as they were sent: a second server repeats them through it. */
async function startChecker() {
  const app = express();
  const said = new Map<string, { status: number; contentType: string; text: string }>();
  app.use(
    OpenApiValidator.middleware({
      apiSpec: structuredClone(readApiSpec()) as never,
      validateRequests: false,
      validateSecurity: false,
      validateResponses: true,
      fileUploader: false,
    }),
  );
  app.use((request, response) => {
    const answer = said.get(request.get('x-said') ?? '');
    response
      .status(answer?.status ?? 0)
      .type(answer?.contentType ?? '')
      .json(JSON.parse(answer?.text ?? ''));
  });
  app.use(((error: Error, _request, response, _next) => {
    response.status(599).type('text/plain').end(error.message);
  }) satisfies express.ErrorRequestHandler);
  const server = app.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const port = (server.address() as AddressInfo).port;
  return {
    async verify(method: string, path: string, status: number, contentType: string, text: string): Promise<void> {
      const id = String(said.size);
      said.set(id, { status, contentType, text });
      const response = await fetch(`http://127.0.0.1:${port}/api/v1${path}`, { method, headers: { 'x-said': id } });
      const verdict = await response.text();
      // An undocumented path or method has no response to validate.
      if (response.status === 599 && !/^not found$|method not allowed$/.test(verdict)) {
        throw new Error(`${method} ${path} answered ${status}, not as described: ${verdict}\n${text.slice(0, 2000)}`);
      }
    },
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}
