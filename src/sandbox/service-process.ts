import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** The service as a process of its own, which can be killed like one. */
export interface ServiceProcess {
  /** Null while it is not there. */
  url(): string | null;
  start(): Promise<void>;
  /** SIGKILL: no goodbye. */
  kill(): Promise<void>;
  /** SIGTERM; gives its exit code. */
  stop(): Promise<number | null>;
}

const START_WITHIN_MS = 60_000;

/** `env` is the whole environment of the process; what it logs goes to `DATA_DIR/service.log`. */
export function createServiceProcess(main: string, dataDir: string, env: Record<string, string>): ServiceProcess {
  let child: ChildProcess | null = null;
  let ended: Promise<number | null> = Promise.resolve(null);
  let url: string | null = null;
  const address = join(dataDir, 'address');
  // It is in a group of its own: nobody else would end it.
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
      // A killed process leaves its address behind.
      await rm(address, { force: true });
      const log = createWriteStream(join(dataDir, 'service.log'), { flags: 'a', mode: 0o600 });
      // A group of its own: Ctrl-C at the terminal is for the demo, which then stops the service in its own time.
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
  };
}

async function readAddress(path: string, child: ChildProcess): Promise<string> {
  for (let waitedMs = 0; waitedMs < START_WITHIN_MS; waitedMs += 100) {
    if (child.exitCode !== null) throw new Error('The service ended at its start: see service.log.');
    const text = await readFile(path, 'utf8').catch(() => '');
    if (text.endsWith('\n')) return text.trim();
    await sleep(100);
  }
  throw new Error('The service did not start in time: see service.log.');
}
