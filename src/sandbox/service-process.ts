import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

/** The service in a separate process, which can be killed. */
export interface ServiceProcess {
  /** Null while it is not running. */
  url(): string | null;
  start(): Promise<void>;
  /** Sends SIGKILL: no orderly shutdown. */
  kill(): Promise<void>;
  /** Sends SIGTERM and returns the exit code. */
  stop(): Promise<number | null>;
  /** Runs a command with the same environment while the service runs or not. Throws `Error` unless it succeeds. */
  run(command: readonly string[]): Promise<void>;
}

const START_WITHIN_MS = 60_000;

/** `env` is the complete environment of the process; its log goes to `DATA_DIR/service.log`. */
export function createServiceProcess(main: string, dataDir: string, env: Record<string, string>): ServiceProcess {
  let child: ChildProcess | null = null;
  let ended: Promise<number | null> = Promise.resolve(null);
  let url: string | null = null;
  const address = join(dataDir, 'address');
  // It runs in its own process group, so nothing else would end it.
  process.once('exit', () => child?.kill('SIGKILL'));

  async function end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    url = null;
    child?.kill(signal);
    const code = await ended;
    child = null;
    return code;
  }
  return {
    url: () => url,
    async start() {
      // A killed process leaves its address file behind.
      await rm(address, { force: true });
      const log = createWriteStream(join(dataDir, 'service.log'), { flags: 'a', mode: 0o600 });
      // With its own process group, Ctrl-C in the terminal reaches only the demo, which then stops the service in order.
      const started = spawn(process.execPath, [main, 'serve'], { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
      started.stdout?.pipe(log);
      started.stderr?.pipe(log);
      ended = new Promise((resolve) => {
        started.once('exit', (code) => {
          url = null;
          resolve(code);
        });
      });
      child = started;
      url = await readAddress(address, started);
    },
    kill: async () => void (await end('SIGKILL')),
    stop: () => end('SIGTERM'),
    run: async (command) => void (await promisify(execFile)(process.execPath, [main, ...command], { env })),
  };
}

async function readAddress(path: string, child: ChildProcess): Promise<string> {
  for (let waitedMs = 0; waitedMs < START_WITHIN_MS; waitedMs += 100) {
    if (child.exitCode !== null) throw new Error('The service exited during startup: see service.log.');
    const text = await readFile(path, 'utf8').catch(() => '');
    if (text.endsWith('\n')) return text.trim();
    await sleep(100);
  }
  throw new Error('The service did not start in time: see service.log.');
}
