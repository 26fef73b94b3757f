import { join } from 'node:path';
import { openDocumentStorage } from './documents/storage/open-storage.ts';
import type { DocumentStorage } from './documents/storage/storage.ts';
import { startDocumentWorker } from './documents/worker.ts';
import { OrderdockError, RemoteFailure } from './domain/errors.ts';
import { errorText } from './domain/outcome.ts';
import { retryAfterMs } from './domain/values/retry-after.ts';
import { startConsumerWatch } from './feed/consumer-watch.ts';
import { scheduledJobs } from './jobs/scheduled-jobs.ts';
import { startSchedule } from './jobs/scheduler.ts';
import { type AlertDispatcher, type AlertMessage, createAlerts } from './monitoring/alerts.ts';
import { startHeartbeat } from './monitoring/heartbeat.ts';
import { createInvariantChecker } from './monitoring/invariants.ts';
import { watchPlatformAccess } from './monitoring/platform-access.ts';
import { createReadiness } from './monitoring/readiness.ts';
import { type OpenContext, openContext, type RuntimeOptions } from './open-context.ts';
import type { Connection } from './platforms/contract/platform.ts';
import { startWorker } from './processing/worker.ts';
import { createReconciler, type Reconciler } from './reconciliation/reconciler.ts';
import type { SharedRemote } from './remote/remote.ts';
import { startSearchIndexer } from './search/indexer.ts';
import type { Settings } from './settings.ts';
import { startOperations } from './start-operations.ts';
import { startWeb } from './start-web.ts';

/** A running service. */
export interface App {
  context: OpenContext;
  /** The base URL; null without the role `web`. */
  url: string | null;
  /** The base URL of health and metrics, whatever the roles; null before the roles are started. */
  monitoringUrl: string | null;
  /** Path of the generated admin key; null where `API_KEYS` is set, or without the role `web`. */
  keyFile: string | null;
  reconciler: Reconciler;
  /** Replaces the configured connections. */
  reload(connections: readonly Connection[]): void;
  /** Finishes accepted requests and answers 503 to new ones. */
  stop(): Promise<void>;
}

type Addresses = Pick<App, 'url' | 'monitoringUrl' | 'keyFile'>;

/** What has been opened: each is stopped once, in reverse order, even if others fail to stop. */
type Stops = (() => Promise<void>)[];

/** Opens what the command line and the service share; `stop` closes it. */
export async function openApp(
  settings: Settings,
  connections: readonly Connection[],
  options: RuntimeOptions,
): Promise<App & { context: OpenContext<AlertDispatcher>; storage: DocumentStorage }> {
  const context = await openContext(settings, connections, options, (dependencies, remote) =>
    createAlerts({ ...dependencies, post: alertPost(settings, remote) }),
  );
  const storage = await openDocumentStorage(settings.documentsUrl, {
    endpoint: settings.s3Endpoint,
    workDirectory: join(settings.dataDir, 'incoming'),
  });
  const reconciler = createReconciler(context);
  const stop = async () => {
    await reconciler.stop();
    await context.alerts.settled();
    storage.close();
    await context.close();
  };
  const reload = (replacing: readonly Connection[]) => {
    context.connections.replace(replacing);
    // The credentials may have changed, so whatever is paused is tried immediately.
    void context.access.release(null).catch((error: unknown) => context.log.warn('release_failed', { error: String(error) }));
  };
  return { context, url: null, monitoringUrl: null, keyFile: null, reconciler, reload, stop, storage };
}

/** Builds everything and starts the roles of this process. A start that fails closes what it opened. */
export async function startApp(settings: Settings, connections: readonly Connection[], options: RuntimeOptions): Promise<App> {
  const app = await openApp(settings, connections, options);
  const stops: Stops = [app.stop];
  try {
    return { ...app, ...(await startRoles(settings, app, stops)), stop: () => stopAll(stops) };
  } catch (error) {
    await stopAll(stops);
    throw error;
  }
}

async function startRoles(settings: Settings, app: Awaited<ReturnType<typeof openApp>>, stops: Stops): Promise<Addresses> {
  const { context, storage, reconciler } = app;
  const runs = (role: Settings['roles'][number]) => settings.roles.includes(role);
  const invariants = createInvariantChecker(context);
  context.listen();
  await prepareStorage(context, storage);
  const heartbeat = await startHeartbeat(context, runs('web'));
  stops.unshift(() => heartbeat.stop());
  const watch = watchPlatformAccess(context.access);
  stops.unshift(async () => watch.stop());
  if (runs('schedule')) {
    const stopping = new AbortController();
    const tools = {
      alerts: context.alerts,
      invariants,
      retentionDays: settings.retentionDays,
      publicUrl: settings.publicUrl,
      stop: stopping.signal,
    };
    const schedule = startSchedule(context, reconciler, scheduledJobs(context, tools));
    const consumers = startConsumerWatch(context, context.remote.postOwn);
    stops.unshift(async () => {
      stopping.abort();
      await Promise.all([schedule.stop(), consumers.stop()]);
    });
  }
  if (runs('worker')) {
    await context.access.release(null);
    const worker = startWorker(context);
    const documents = startDocumentWorker(context, {
      storage,
      openPublic: (url) => context.remote.openPublic(url),
      maxBytes: settings.maxDocumentBytes,
    });
    const indexer = startSearchIndexer(context);
    stops.unshift(async () => {
      await Promise.all([worker.stop(), documents.stop(), indexer.stop()]);
    });
  }
  const ready = createReadiness(context, heartbeat);
  if (!runs('web')) {
    const listener = await startOperations(settings, context, { invariants, ready });
    stops.unshift(() => listener.stop());
    return { url: null, monitoringUrl: listener.address, keyFile: null };
  }
  const web = await startWeb(settings, context, { storage, reconciler, invariants, ready });
  stops.unshift(() => web.stop());
  return { url: web.url, monitoringUrl: web.url, keyFile: web.keyFile };
}

/** An unavailable document storage must not prevent webhooks from being received: documents wait and are retried. */
async function prepareStorage({ alerts }: OpenContext, storage: DocumentStorage): Promise<void> {
  try {
    await storage.prepare();
    alerts.close('storage_unavailable', null, 'Documents can be stored again.');
  } catch (error) {
    const text = `DOCUMENTS_URL cannot be written to (${errorText(error)}). Documents wait until it can.`;
    alerts.open({ level: 'critical', code: 'storage_unavailable', connection: null, text, details: {} });
  }
}

async function stopAll(stops: Stops): Promise<void> {
  for (const stop of stops.splice(0)) await stop();
}

/** Posts alerts unchanged; anything but a 2xx counts as a failure and is retried, after the pause that the receiver asks for. */
function alertPost(settings: Settings, remote: SharedRemote): ((message: AlertMessage) => Promise<void>) | null {
  const url = settings.alertWebhookUrl;
  if (url === null) return null;
  return async ({ level, code, text, connection, at, details }) => {
    const body = { level, code, text, connection, at, details: { ...details } };
    // The path of a chat webhook is its secret, and the error of the call would contain it.
    const answer = await remote
      .plain({ baseUrl: new URL(url).origin, method: 'POST', path: url, timeoutMs: 5000, body })
      .catch((error: unknown) => {
        throw new Error(`ALERT_WEBHOOK_URL cannot be reached${error instanceof OrderdockError ? ` (${error.code})` : ''}`);
      });
    if (answer.status >= 200 && answer.status <= 299) return;
    const pauseMs = retryAfterMs(answer.headers, remote.now());
    throw new RemoteFailure('remote_refused', `ALERT_WEBHOOK_URL answered ${answer.status}`, answer.status, pauseMs);
  };
}
