import { randomBytes } from 'node:crypto';
import type { DocumentStorage } from './documents/storage/storage.ts';
import { createApiDocs } from './http/api/docs-page.ts';
import type { ApiPorts } from './http/api/ports.ts';
import { createApi } from './http/api/router.ts';
import { createOutsideCalls } from './http/auth/outside-calls.ts';
import { createConsole } from './http/console/console.ts';
import { listen } from './http/listener.ts';
import { createHttp } from './http/server.ts';
import { createReceiver } from './intake/receive-webhook.ts';
import { connectionHealth } from './monitoring/health/connection-health.ts';
import type { InvariantChecker } from './monitoring/invariants.ts';
import type { Readiness } from './monitoring/readiness.ts';
import { createResponseStats, type ResponseStats } from './monitoring/response-stats.ts';
import { updateFailureAlerts } from './monitoring/update-alerts.ts';
import type { OpenContext } from './open-context.ts';
import { isFinalAnswer } from './platforms/contract/platform.ts';
import { dismissDeliveries } from './processing/dismiss.ts';
import { previewReplay } from './processing/preview-replay.ts';
import { replay } from './processing/replay.ts';
import { retryDeliveries } from './processing/retry.ts';
import { coverage } from './reconciliation/coverage.ts';
import { reconcileNow } from './reconciliation/on-demand.ts';
import type { Reconciler } from './reconciliation/reconciler.ts';
import type { Settings } from './settings.ts';
import { createOperations } from './start-operations.ts';
import { readOrCreateSecret } from './store/access/secrets.ts';
import { countBacklog } from './store/deliveries/due.ts';
import { listRejections } from './store/monitoring/list-responses.ts';

/** The running web role. */
export interface Web {
  url: string;
  keyFile: string | null;
  stop(): Promise<void>;
}

export interface WebParts {
  storage: DocumentStorage;
  reconciler: Reconciler;
  invariants: InvariantChecker;
  ready(): Promise<Readiness>;
}

/** Opens the port for webhooks, token endpoint, REST API, console, health and metrics. */
export async function startWeb(settings: Settings, context: OpenContext, parts: WebParts): Promise<Web> {
  const backlog = watchBacklog(context);
  const responseStats = createResponseStats(context);
  const stopping = new AbortController();
  const receiver = createReceiver(context, { maxBacklog: settings.maxBacklog, backlog });
  const basePorts = apiPorts(context, { ...parts, responseStats }, stopping.signal);
  const operations = await createOperations(settings, context, parts.invariants, basePorts.health);
  const { settingsKeys, signIn, findKey } = operations;
  const ports: ApiPorts = { ...basePorts, settingsKeys, signIn };
  const handler = createHttp({
    settings,
    connections: context.connections,
    receiver,
    clock: context.clock,
    log: context.log,
    outside: createOutsideCalls((call) => context.remote.plain(call)),
    tokenKey: async () =>
      Buffer.from(await readOrCreateSecret(context.db, 'token-key', () => randomBytes(32).toString('base64')), 'base64'),
    answered: (connection, status, code, rejection) => {
      responseStats.record(connection, status, code, rejection);
      if (status === 413 && rejection === null) alertOversize(context, settings, connection);
    },
    ready: parts.ready,
    metrics: operations.metrics,
    requireRole: operations.requireRole,
    signIns: operations.signIns,
    api: createApi(ports),
    apiDocs: createApiDocs(),
    console: createConsole({
      ...ports,
      findKey,
      sandbox: settings.connectionsFile === null,
      makeId: context.makeId,
      hasApi: (connection) => context.api(connection) !== null,
    }),
  });
  const listener = await listen(handler, { host: settings.host, port: settings.port, tls: settings.tls, log: context.log });
  return {
    url: listener.address,
    keyFile: operations.keyFile,
    async stop() {
      stopping.abort();
      await listener.stop();
      await receiver.stop();
      await responseStats.stop();
    },
  };
}

/** Alerts reflect an action on deliveries immediately. */
async function thenUpdateAlerts<T>(context: OpenContext, action: Promise<T>): Promise<T> {
  const result = await action;
  await updateFailureAlerts(context);
  return result;
}

function apiPorts(
  context: OpenContext,
  { storage, reconciler, invariants, responseStats }: WebParts & { responseStats: ResponseStats },
  stop: AbortSignal,
): Omit<ApiPorts, 'signIn' | 'settingsKeys'> {
  return {
    context,
    stop,
    replay: (filter, fetch, replayId) => thenUpdateAlerts(context, replay(context, filter, fetch, replayId)),
    previewReplay: (filter, fetch) => previewReplay(context, filter, fetch),
    retry: (criteria) => retryDeliveries(context, criteria),
    dismiss: (criteria, note) => thenUpdateAlerts(context, dismissDeliveries(context, criteria, note)),
    // Responses counted in memory must be stored before the run reads them.
    reconcile: (connection, since = null) => responseStats.flush().then(() => reconcileNow(context, reconciler, connection, { since })),
    health: (connection) => responseStats.flush().then(() => connectionHealth(context, connection)),
    coverage: (connection) => responseStats.flush().then(() => coverage(context, connection)),
    rejections: (connection, page) => responseStats.flush().then(() => listRejections(context.db.read, connection.name, page)),
    invariants: () => invariants.check(),
    openContent: (sha256, range) => storage.openContent(sha256, range),
  };
}

function alertOversize({ alerts, connections }: OpenContext, { maxBodyBytes }: Settings, connection: string | null): void {
  const policy = connections.get(connection ?? '')?.platform.retryPolicy;
  const repeated = policy !== undefined && !isFinalAnswer(policy, 413);
  const after = repeated
    ? 'Its sender retries it for a while: raise the limit'
    : 'Its sender does not retry it: raise the limit and reconcile';
  alerts.open({
    level: 'warning',
    code: 'body_too_large',
    connection,
    text: `${connection ?? 'A sender'}: a webhook body larger than MAX_BODY_BYTES (${maxBodyBytes}) was rejected with 413. ${after}.`,
    details: { maxBodyBytes },
  });
}

const COUNT_EVERY_MS = 2000;

/**
 * The number of pending deliveries, counted in the background so that no request waits for it: every two seconds while requests arrive, and not at
 * all otherwise.
 */
function watchBacklog({ db, clock }: OpenContext): () => number {
  let pending = 0;
  let countedMs = 0;
  const recount = () => {
    countedMs = clock.now().getTime();
    // While the database is unavailable the last count stays in use; storing fails then anyway.
    void countBacklog(db.read).then(
      (counted) => {
        pending = counted;
      },
      () => {},
    );
  };
  recount();
  return () => {
    if (Math.abs(clock.now().getTime() - countedMs) >= COUNT_EVERY_MS) recount();
    return pending;
  };
}
