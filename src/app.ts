import { randomBytes } from 'node:crypto';
import { generatedApiKey } from './api-key.ts';
import { Refused } from './domain/errors.ts';
import { createFindKey, requireRole } from './http/api/auth.ts';
import type { ApiPorts } from './http/api/ports.ts';
import { createApi } from './http/api/router.ts';
import { createOutsideCalls } from './http/auth/outside-calls.ts';
import { type Listener, listen } from './http/listener.ts';
import { createMetrics } from './http/metrics.ts';
import { createHttp } from './http/server.ts';
import { createReceiver } from './pipeline/receive.ts';
import type { Connection } from './platforms/platform.ts';
import { type Ground, type OpenContext, openContext } from './open-context.ts';
import type { Settings } from './settings.ts';
import { countBacklog } from './store/deliveries.ts';
import { ownSecret } from './store/secrets.ts';
import { startWorker, type Worker } from './worker/loop.ts';

/** A running service. */
export interface App {
  context: OpenContext;
  /** The base URL; null without the role `web`. */
  url: string | null;
  /** Path of the generated admin key; null where `API_KEYS` is set. */
  keyFile: string | null;
  /** Puts other connections in force. */
  reload(connections: readonly Connection[]): void;
  /** Finishes what was taken, answers 503 to the rest. */
  stop(): Promise<void>;
}

/** Builds everything and starts the roles of this process. A start that fails closes what it opened. */
export async function startApp(settings: Settings, connections: readonly Connection[], ground: Ground): Promise<App> {
  const context = await openContext(settings, connections, ground, () => ({ open: (alert) => ground.log.warn('alert', { code: alert.code, connection: alert.connection, text: alert.text }), close: () => {} }));
  const stops: (() => Promise<void>)[] = [() => context.close()];
  try {
    const web = settings.roles.includes('web') ? await startWeb(settings, context, stops) : null;
    if (settings.roles.includes('worker')) stops.unshift(stopOf(startWorker(context)));
    return { context, url: web?.listener.address ?? null, keyFile: web?.keyFile ?? null, reload: context.connections.replace, stop: () => stopAll(stops) };
  } catch (error) {
    await stopAll(stops);
    throw error;
  }
}

const stopOf = (worker: Worker) => () => worker.stop();

async function stopAll(stops: (() => Promise<void>)[]): Promise<void> {
  for (const stop of stops.splice(0)) await stop();
}

async function startWeb(settings: Settings, context: OpenContext, stops: (() => Promise<void>)[]): Promise<{ listener: Listener; keyFile: string | null }> {
  const generated = settings.apiKeys.length === 0 ? await generatedApiKey(settings.dataDir) : null;
  const settingsKeys = generated ? [{ name: 'admin', role: 'admin' as const, key: generated.key }] : settings.apiKeys;
  const backlog = watchBacklog(context);
  const stopping = new AbortController();
  const receiver = createReceiver(context, { maxBacklog: settings.maxBacklog, patienceMs: 8000, backlog: backlog.count });
  const ports = apiPorts(context, settingsKeys, stopping.signal);
  const metrics = createMetrics();
  const handler = createHttp({
    settings: { ...settings },
    connections: context.connections,
    receiver,
    clock: context.clock,
    log: context.log,
    outside: createOutsideCalls((call) => context.remote.plain(call)),
    tokenKey: async () => Buffer.from(await ownSecret(context.db, 'token-key', () => randomBytes(32).toString('base64')), 'base64'),
    answered: () => {},
    ready: () => readiness(context),
    metrics,
    requireRole: (role) => requireRole(createFindKey(ports), role),
    api: createApi(ports),
    console: (_request, response) => void response.status(404).end(),
  });
  const listener = await listen(handler, { host: settings.host, port: settings.port, tls: settings.tls, log: context.log });
  stops.unshift(async () => {
    stopping.abort();
    backlog.stop();
    await listener.stop();
    await receiver.stop();
  });
  return { listener, keyFile: generated?.path ?? null };
}

function apiPorts(context: OpenContext, settingsKeys: ApiPorts['settingsKeys'], stop: AbortSignal): ApiPorts {
  const missing = async () => {
    throw new Refused(501, 'not_built', 'Not built yet.');
  };
  return { context, settingsKeys, stop, replay: missing, previewReplay: missing, reconcile: missing, health: missing, coverage: missing, invariants: missing, openContent: missing };
}

const BACKLOG_LOOK_MS = 2000;

/** The number of waiting deliveries, looked at in the background so that no request waits for the count. */
function watchBacklog(context: OpenContext): { count(): number; stop(): void } {
  let count = 0;
  const look = () =>
    void countBacklog(context.db.read).then(
      (waiting) => {
        count = waiting;
      },
      () => {},
    );
  look();
  const timer = setInterval(look, BACKLOG_LOOK_MS);
  return { count: () => count, stop: () => clearInterval(timer) };
}

/** Ready is who can store: tried by storing. */
async function readiness(context: OpenContext): Promise<{ ready: boolean; checks: Record<string, boolean> }> {
  const now = context.clock.now().toISOString();
  const database = await context.db
    .write((sql) => sql.all('insert into secrets (name, value) values (?, ?) on conflict (name) do update set value = excluded.value', ['ready-probe', now]))
    .then(
      () => true,
      () => false,
    );
  return { ready: database, checks: { database } };
}
