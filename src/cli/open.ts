import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { readConnections } from '../connections.ts';
import { type Actor, requestOf, runInRequest } from '../domain/current-request.ts';
import { FaultySettings, Refused } from '../domain/errors.ts';
import { type OpenContext, openContext } from '../open-context.ts';
import type { Connection } from '../platforms/contract/platform.ts';
import { PLATFORMS } from '../platforms/registry.ts';
import { readSandboxFile } from '../sandbox/sandbox-file.ts';
import { findConnectionsFile, readSettings, type Settings } from '../settings.ts';
import { type CliRuntime, CommandFailed, quietLog } from './runtime.ts';

export const settingsOf = (runtime: CliRuntime): Settings => readSettings(runtime.env, { terminal: runtime.outTerminal });

/** The connections of a file; a file that cannot be read is a fault of its setting. */
export async function readConnectionsFile(path: string, env: CliRuntime['env']): Promise<Connection[]> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new FaultySettings([`CONNECTIONS_FILE: the file cannot be read (${error.code ?? 'unknown error'})`]);
  });
  return readConnections(text, env, PLATFORMS);
}

/** The settings and the connections of the connections file, or null without one. The faults of both are reported at once. */
export async function readConfiguration(runtime: CliRuntime): Promise<{ settings: Settings; configured: Connection[] | null }> {
  const file = findConnectionsFile(runtime.env);
  const faults: string[] = [];
  const collect = (error: unknown): null => {
    if (!(error instanceof FaultySettings)) throw error;
    faults.push(...error.faults);
    return null;
  };
  const settings = await Promise.try(() => settingsOf(runtime)).catch(collect);
  const configured = file === null ? null : await readConnectionsFile(file, runtime.env).catch(collect);
  if (settings === null || faults.length > 0) throw new FaultySettings(faults);
  return { settings, configured };
}

/** The connections of the connections file or, without one, those that the sandbox stored. */
export const connectionsOf = async (settings: Settings, runtime: CliRuntime): Promise<Connection[]> =>
  settings.connectionsFile === null ? sandboxConnections(settings) : readConnectionsFile(settings.connectionsFile, runtime.env);

async function sandboxConnections(settings: Settings): Promise<Connection[]> {
  const sandbox = await readSandboxFile(settings.dataDir);
  return sandbox === null ? [] : readConnections(JSON.stringify({ connections: sandbox.connections }), {}, PLATFORMS);
}

/** The connection with this name. An unknown name is refused with a list of the known ones. */
export function findConnection(connections: readonly Connection[], name: string): Connection {
  const found = connections.find((connection) => connection.name === name);
  if (found) return found;
  const names = connections.map((connection) => connection.name).join(', ');
  throw new Refused(
    404,
    'not_found',
    `There is no connection ${name}. ${names === '' ? 'None is configured: start the service once, or write a connections file.' : `Known connections: ${names}.`}`,
  );
}

/** Opens the database and the platform clients for one command, and closes them afterwards. */
export async function withContext<T>(runtime: CliRuntime, work: (context: OpenContext, settings: Settings) => Promise<T>): Promise<T> {
  const { settings, configured } = await readConfiguration(runtime);
  const context = await openContext(settings, configured ?? (await sandboxConnections(settings)), { log: quietLog(runtime) }, () => ({
    open: () => {},
    update: () => {},
    close: () => {},
  }));
  try {
    const request = { ...requestOf({ traceparent: runtime.env.TRACEPARENT }, randomUUID()), actor: commandLineUser() };
    return await runInRequest(request, () => work(context, settings));
  } finally {
    await context.close();
  }
}

const commandLineUser = (): Actor => ({ who: userInfo().username, keyName: null, via: 'cli', address: null });

/** The address of the running service: `url` if given, else `PUBLIC_URL`, else the address that the service stored when it started. */
export async function serviceUrl(settings: Settings, url: string | undefined): Promise<string> {
  const found = url ?? settings.publicUrl ?? (await readFile(join(settings.dataDir, 'address'), 'utf8').catch(() => null));
  if (found === null) throw new CommandFailed('The service is not running here: start it, or give its address with --url.');
  return found.trim().replace(/\/+$/, '');
}
