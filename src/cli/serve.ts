import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { type App, startApp } from '../app.ts';
import { recordAudit } from '../audit.ts';
import { readConnections } from '../connections.ts';
import { FaultySettings } from '../domain/errors.ts';
import type { Log } from '../domain/log.ts';
import { collectGarbageAfterStart } from '../domain/memory.ts';
import { createLogger } from '../logger.ts';
import { PLATFORMS } from '../platforms/registry.ts';
import { sandboxBanner, serviceBanner } from '../sandbox/banner.ts';
import { createPost } from '../sandbox/post.ts';
import { openSandbox, type Sandbox } from '../sandbox/sandbox.ts';
import { writePrivateFile } from '../sandbox/sandbox-file.ts';
import { createSender } from '../sandbox/sender.ts';
import type { Settings } from '../settings.ts';
import { readConfiguration, readConnectionsFile } from './open.ts';
import type { CliRuntime } from './runtime.ts';

const STOP_WITHIN_MS = 9500;

export function addServe(program: Command, runtime: CliRuntime): void {
  program
    .command('serve')
    .description('Run the service until it is stopped. Without a connections file it runs the sandbox.')
    .addHelpText(
      'after',
      '\nExamples:\n  orderdock serve\n  PORT=0 DATA_DIR=/var/lib/orderdock orderdock serve\n\nSIGTERM and SIGINT stop it within 10 seconds; SIGHUP reloads the connections file and .env.',
    )
    .action(() => serve(runtime));
}

async function serve(runtime: CliRuntime): Promise<void> {
  const { settings, configured } = await readConfiguration(runtime);
  const log = createLogger({ level: settings.logLevel, format: settings.logFormat });
  exitOnUncaught(log);
  ignoreClosedLog();
  const stopping = new AbortController();
  const signal = waitForSignal();
  const sandbox = configured === null ? await openSandbox({ dataDir: settings.dataDir, platforms: PLATFORMS }) : null;
  try {
    const app = await startApp(settings, configured ?? sandboxConnections(sandbox), { log });
    process.on('SIGHUP', () => void reload(settings, app, runtime, log));
    await announce(settings, app, sandbox, runtime, log);
    collectGarbageAfterStart();
    const history = sandbox && app.url ? playHistory(settings, sandbox, app.url, log, stopping.signal) : null;
    log.info('stopping', { signal: await signal });
    stopping.abort();
    forceExitAfterTimeout(log);
    await removeAddressFile(settings, app.url);
    await app.stop();
    await history;
  } finally {
    await sandbox?.stop();
  }
  log.info('stopped');
}

const addressFile = (settings: Settings): string => join(settings.dataDir, 'address');

const waitForSignal = (): Promise<string> =>
  new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve(signal));
  });

const sandboxConnections = (sandbox: Sandbox | null) => (sandbox ? readConnections(sandbox.connectionsText, {}, PLATFORMS) : []);

/** Prints the start line, stores the address for scripts and other commands and, in the sandbox, prints an introduction. */
async function announce(settings: Settings, app: App, sandbox: Sandbox | null, runtime: CliRuntime, log: Log): Promise<void> {
  const { url, keyFile } = app;
  if (url !== null) await writePrivateFile(addressFile(settings), `${url}\n`);
  log.info('started', {
    url: url ?? app.monitoringUrl,
    sandbox: sandbox !== null,
    roles: settings.roles.join(','),
    apiKeyFile: keyFile,
    connections: app.context.connections.list().length,
  });
  if (sandbox && url !== null) {
    runtime.err(await sandboxBanner({ sandbox, url, dataDir: settings.dataDir, keyFile, workingDir: runtime.workingDir }));
  } else if (url !== null && runtime.terminal) {
    const connections = app.context.connections.list().map(({ name }) => name);
    runtime.err(serviceBanner({ url, publicUrl: settings.publicUrl, keyFile, connections }));
  }
}

/** Removes only our own address: another process on the same directory may have stored its address since, or this one none. */
async function removeAddressFile(settings: Settings, url: string | null): Promise<void> {
  const written = await readFile(addressFile(settings), 'utf8').catch(() => null);
  if (url !== null && written?.trim() === url) await rm(addressFile(settings), { force: true });
}

async function playHistory(settings: Settings, sandbox: Sandbox, url: string, log: Log, stop: AbortSignal): Promise<void> {
  try {
    const certificate = settings.tls === null ? null : await readFile(settings.tls.certFile);
    const rest = (ms: number, end?: AbortSignal) => sleep(ms, undefined, end ? { signal: end } : {}).catch(() => {});
    const sender = createSender({ baseUrl: () => url, post: createPost(certificate), sleep: rest, mostAttempts: 5, stop });
    await sandbox.playHistory(sender, stop);
    if (sender.counts.sent > 0) log.info('sandbox_history', { ...sender.counts });
  } catch (error) {
    log.error('sandbox_history', { error: error instanceof Error ? error.message : String(error) });
  }
}

/** An invalid file is rejected and the current connections stay in force. */
async function reload(settings: Settings, app: App, runtime: CliRuntime, log: Log): Promise<void> {
  try {
    if (settings.connectionsFile === null) return log.warn('connections_not_reloaded', { reason: 'The sandbox has no connections file.' });
    const connections = await readConnectionsFile(settings.connectionsFile, runtime.readEnv?.() ?? runtime.env);
    app.reload(connections);
    await recordAudit(
      app.context,
      { action: 'connections.reload', target: 'connections', details: { connections: connections.length } },
      'done',
    );
    log.info('connections_reloaded', { connections: connections.length });
  } catch (error) {
    const reason = error instanceof FaultySettings ? error.faults.join('; ') : error instanceof Error ? error.message : String(error);
    log.error('connections_refused', { reason });
    await recordAudit(app.context, { action: 'connections.reload', target: 'connections' }, 'faulty_settings');
  }
}

/** The reader of the log may disappear (`| head`, a restarting log collector): that ends other commands, but not the service. */
function ignoreClosedLog(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.removeAllListeners('error');
    stream.on('error', () => {});
  }
}

/** An uncaught error leaves the process in an unknown state, so it ends; the next start continues from what is stored. */
function exitOnUncaught(log: Log): void {
  const exit = (error: unknown) => {
    log.error('uncaught', { error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    process.exit(1);
  };
  process.on('uncaughtException', exit);
  process.on('unhandledRejection', exit);
}

/** Ends the process if it has not stopped in time: before the supervisor's limit, and with 1, since something was not finished. */
export function forceExitAfterTimeout(log: Log): void {
  const timer = setTimeout(() => {
    log.error('stop_took_too_long', { waitedMs: STOP_WITHIN_MS });
    process.exit(1);
  }, STOP_WITHIN_MS);
  timer.unref();
}
