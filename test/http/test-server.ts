import { createHash } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import request from 'supertest';
import type { Clock } from '../../src/domain/clock.ts';
import { InvalidBody, Refused, Unauthenticated } from '../../src/domain/errors.ts';
import type { Log, LogFields } from '../../src/domain/log.ts';
import { createOutsideCalls } from '../../src/http/auth/outside-calls.ts';
import { createSignIns } from '../../src/http/auth/sign-ins.ts';
import { createThrottle } from '../../src/http/auth/throttle.ts';
import { createMetrics } from '../../src/http/metrics/metrics.ts';
import type { HttpPorts, WebhookSettings } from '../../src/http/ports.ts';
import { createHttp } from '../../src/http/server.ts';
import { describeCredential } from '../../src/intake/describe-credential.ts';
import type { Receiver } from '../../src/intake/receive-webhook.ts';
import { type AuthEntry, allowIps, authEntries } from '../../src/platforms/contract/auth-entry.ts';
import type { AnyPlatform, Connection } from '../../src/platforms/contract/platform.ts';
import type { BodyVerdict, Route, WebhookRequest } from '../../src/platforms/contract/webhook.ts';
import { verifyWhole } from '../../src/platforms/signature.ts';
import { createRemote } from '../../src/remote/create-remote.ts';
import type { Database } from '../../src/store/engine/database.ts';
import { createLimits } from '../support/limits.ts';

const ROUTES: readonly Route[] = [
  { method: 'POST', path: '', formats: ['json'] },
  { method: 'POST', path: '/orders', formats: ['json', 'xml'] },
  { method: 'GET', path: '/orders', formats: ['none'] },
  { method: 'GET', path: '/orders/:orderId', formats: ['none'] },
];

/** A connection without entries accepts a body that is what `X-Signed` says, and greets the form `webhook_id=7`. */
const signedIfSaysSo =
  (said: string | undefined) =>
  (body: Buffer): BodyVerdict => {
    if (body.toString() === 'webhook_id=7') return { accepted: false, greeting: true };
    return createHash('sha256').update(body).digest('hex') === said
      ? { accepted: true, credential: 'secret[0]' }
      : { accepted: false, reason: 'not signed' };
  };

/** A platform with nothing but authentication: all that the server needs. */
const plainPlatform = {
  name: 'plain',
  routes: ROUTES,
  secretHeaders: () => [],
  signatureHeader: () => 'x-signed',
  async authenticate(request, settings, gatekeeper) {
    for (const [position, entry] of (settings.webhook.auth ?? []).entries()) {
      if (await gatekeeper.accepts(entry)) return { accepted: true, credential: `auth[${position}]` };
    }
    const rejected = { accepted: false, reason: `The credentials of this ${request.method} request are missing or wrong.` } as const;
    return (settings.webhook.auth ?? []).length === 0
      ? { accepted: null, begin: () => verifyWhole(signedIfSaysSo(request.headers['x-signed'])) }
      : rejected;
  },
} satisfies Partial<AnyPlatform>;

/** A connection named `name`; `auth` and `allowed` as in the connections file. */
export function connectionNamed(name: string, auth: unknown[], allowed?: string[]): Connection {
  const webhook = { auth: authEntries.parse(auth) as AuthEntry[], allowIps: allowIps.parse(allowed) };
  return { name, platform: plainPlatform as unknown as AnyPlatform, settings: { webhook }, reconcile: { schedule: false, since: null } };
}

export const BASIC = { basic: { username: 'sender', password: ['north-star', 'old-star'] } };

/** The server as used in tests: everything real except storage. */
export interface TestServer {
  app: RequestListener;
  /** The requests passed on to be stored, in order. */
  taken: WebhookRequest[];
  answers: string[];
  logged: { event: string; fields: LogFields }[];
  /** Replaces the receiver's own action: to throw, to wait. */
  onReceive(action: () => Promise<void> | void): void;
}

export interface TestServerOptions extends Partial<WebhookSettings> {
  connections?: Connection[];
  clock?: Clock;
  tokenKey?: () => Promise<Uint8Array>;
  ready?: HttpPorts['ready'];
}

export function openTestServer(options: TestServerOptions = {}): TestServer {
  const { connections = [connectionNamed('acme', [BASIC])], clock = { now: () => new Date() } } = options;
  const byName = new Map(connections.map((connection) => [connection.name, connection]));
  const memory = createMemory();
  const logged: TestServer['logged'] = [];
  const answers: string[] = [];
  const { trustProxy = null, requireHttps = false, maxBodyBytes = 200_000, publicUrl = null } = options;
  const app = createHttp({
    settings: { trustProxy, requireHttps, maxBodyBytes, publicUrl, dataDir: tmpdir() },
    connections: { get: (name) => byName.get(name), list: () => connections },
    receiver: memory.receiver,
    clock,
    log: logInto(logged),
    outside: createOutsideCalls(createRemote({ limits: createLimits(), clock, random: Math.random, log: logInto([]) }).plain),
    tokenKey: options.tokenKey ?? (async () => new Uint8Array(32).fill(7)),
    answered: (connection, status, code) => answers.push(`${connection} ${status} ${code}`),
    ready: options.ready ?? (async () => ({ ready: true, checks: { database: true } })),
    metrics: createMetrics(),
    signIns: createSignIns({
      context: { clock, log: logInto(logged), db: noDatabase },
      throttle: createThrottle(() => clock.now().getTime()),
      describeName: async (name) => name,
      count: () => {},
    }),
    requireRole: (role) => (request, response, next) => {
      if (request.headers.authorization !== 'Bearer reader-key') throw new Refused(401, 'unauthorized', `A ${role} key is needed.`);
      response.locals.caller = { name: 'reader', role, scope: null };
      next();
    },
    api: (request, response) => {
      if (request.path === '/broken') throw new Error('postgres://orderdock:hidden@db/orderdock is gone');
      response.json({ path: request.path });
    },
    console: (_request, response) => {
      response.send('<h1>Console</h1>');
    },
  });
  return { app, taken: memory.taken, answers, logged, onReceive: memory.onReceive };
}

// In these tests the audit is only logged.
const noDatabase = { write: async () => {} } as unknown as Database;

/** Stores in memory what the real receiver stores in the database: one delivery for equal bytes, including unreadable ones. */
function createMemory() {
  const taken: WebhookRequest[] = [];
  const ids = new Map<string, string>();
  let action: () => Promise<void> | void = () => {};
  const receiver: Receiver = {
    stop: async () => {},
    async receive(connection, incoming, checker) {
      const early = await connection.platform.authenticate(incoming, connection.settings, checker);
      const seen = describeCredential(connection, incoming.headers);
      if (early.accepted === false) throw new Unauthenticated(early.reason, seen);
      const body = await incoming.readBody(early.accepted === null ? early : null);
      const verdict = early.accepted ? early : body.verdict;
      if (verdict && 'greeting' in verdict) return { status: 'greeting' };
      if (!verdict?.accepted) throw new Unauthenticated('wrong', seen);
      if (incoming.method === 'POST' && !incoming.route.formats.includes(body.format))
        throw new Refused(415, 'unsupported_media_type', 'No.');
      await action();
      body.release();
      const request = { ...incoming, url: incoming.url, body: body.bytes, format: body.format };
      taken.push(request);
      const key = createHash('sha256')
        .update(`${connection.name} ${request.path} ${JSON.stringify(request.query)} `)
        .update(request.body)
        .digest('hex');
      const known = ids.get(key);
      if (known) return { status: 'duplicate', deliveryId: known };
      const deliveryId = `delivery-${ids.size + 1}`;
      ids.set(key, deliveryId);
      if (request.format === 'json' && !isJson(request.body)) throw Object.assign(new InvalidBody('This is no JSON.'), { deliveryId });
      return { status: 'accepted', deliveryId };
    },
  };
  return { taken, receiver, onReceive: (wanted: typeof action) => (action = wanted) };
}

function isJson(body: Buffer): boolean {
  try {
    JSON.parse(body.toString());
    return true;
  } catch {
    return false;
  }
}

function logInto(logged: TestServer['logged']): Log {
  const note = (event: string, fields: LogFields = {}) => void logged.push({ event, fields });
  return { debug: note, info: note, warn: note, error: note };
}

/** A body that the platform of these tests accepts. */
export const ORDER = { eventName: 'OrderIssuedByBuyer', orderEvent: { orderId: 'c9-PO-77', lines: [] } };

/** A request with the right credentials, to be completed with a body. */
export const post = (testServer: ReturnType<typeof openTestServer>, path = '/webhooks/acme') =>
  request(testServer.app).post(path).auth('sender', 'north-star');
