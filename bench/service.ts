import { type ChildProcess, fork, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sampleConnections } from './sample.ts';

export const API_KEY = 'bench-key';

export interface Running {
  url: string;
  pid: number;
  stop(): Promise<void>;
}

export interface ServiceOptions {
  databaseUrl: string;
  directory: string;
  roles?: string;
  nodeFlags?: readonly string[];
}

const MAIN = join(import.meta.dirname, '..', 'src', 'main.ts');

/** The service as started normally: `serve` in a separate process, its log at the default level written to a file. */
export async function startService({
  databaseUrl,
  directory,
  roles = 'web,worker,schedule',
  nodeFlags = [],
}: ServiceOptions): Promise<Running> {
  await mkdir(directory, { recursive: true });
  const connectionsFile = join(directory, 'connections.yaml');
  await writeFile(connectionsFile, sampleConnections());
  const logFile = join(directory, 'log');
  await rm(logFile, { force: true });
  const log = openSync(logFile, 'a');
  const child = spawn(process.execPath, [...nodeFlags, MAIN, 'serve'], {
    cwd: directory,
    stdio: ['ignore', log, log],
    env: {
      PATH: process.env.PATH,
      ...(process.env.BENCH_NODE_OPTIONS ? { NODE_OPTIONS: process.env.BENCH_NODE_OPTIONS } : {}),
      DATABASE_URL: databaseUrl,
      DATA_DIR: directory,
      CONNECTIONS_FILE: connectionsFile,
      ROLES: roles,
      PORT: '0',
      API_KEYS: `bench:admin:${API_KEY}`,
    },
  });
  closeSync(log);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const url = await startLine(child, logFile);
  return {
    url,
    pid: child.pid ?? 0,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** Waits for the log line that states the address of the service. */
async function startLine(child: ChildProcess, logFile: string): Promise<string> {
  for (;;) {
    const line = (await readFile(logFile, 'utf8')).split('\n').find((text) => text.includes('"message":"started"'));
    if (line) return String((JSON.parse(line) as { url: string | null }).url ?? '');
    if (child.exitCode !== null) throw new Error(`The service ended: ${await readFile(logFile, 'utf8')}`);
    await sleep(50);
  }
}

/** Runs a program of this folder to its end; returns what it sends. */
export function runProgram<Sent>(file: string, ...words: string[]): Promise<Sent> {
  const child = fork(join(import.meta.dirname, file), words, { env: { PATH: process.env.PATH } });
  return new Promise((resolve, reject) => {
    child.once('message', (message) => child.once('exit', () => resolve(message as Sent)));
    child.once('exit', (code) => code !== 0 && reject(new Error(`${file} ended with ${code}`)));
  });
}

/** Starts a program of this folder as a separate process; it sends its address when it is ready. */
export function startProgram(file: string, ...words: string[]): Promise<Running> {
  const child = fork(join(import.meta.dirname, file), words, { env: { PATH: process.env.PATH } });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return new Promise((resolve, reject) => {
    child.once('exit', () => reject(new Error(`${file} ended before it was ready`)));
    child.once('message', (message) =>
      resolve({
        url: String(message),
        pid: child.pid ?? 0,
        async stop() {
          child.kill();
          await ended;
        },
      }),
    );
  });
}

const CLOCK_TICKS_PER_SECOND = 100;

/** Processor time that a process has used so far, in milliseconds, and its memory. Linux. */
export async function usageOf(pid: number): Promise<{ cpuMs: number; residentMb: number }> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return {
    cpuMs: ((Number(fields[11]) + Number(fields[12])) * 1000) / CLOCK_TICKS_PER_SECOND,
    residentMb: Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024),
  };
}
