import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';

/** A program as a separate process, whose output lines are reported one by one. */
export interface Program {
  /** Kills it, whatever it is doing. */
  kill(): Promise<void>;
  /** Resolves with the first of its lines that matches, however long ago it was written; rejects if it ends without one. */
  line(fits: (line: string) => boolean): Promise<string>;
}

export function startProgram(file: string, args: readonly string[], env: Record<string, string>, heard: (line: string) => void): Program {
  const child: ChildProcess = spawn(process.execPath, [file, ...args], {
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const errors: string[] = [];
  const told: string[] = [];
  const waiting = new Set<() => void>();
  child.stderr?.on('data', (chunk: Buffer) => void errors.push(chunk.toString()));
  const ended = once(child, 'close');
  if (child.stdout) {
    createInterface({ input: child.stdout }).on('line', (line) => {
      told.push(line);
      for (const look of waiting) look();
      heard(line);
    });
  }
  return {
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
    line: (fits) =>
      new Promise((found, fail) => {
        const look = () => {
          const line = told.find(fits);
          if (line === undefined) return;
          waiting.delete(look);
          found(line);
        };
        waiting.add(look);
        look();
        void ended.then(() => fail(new Error(`${file} has ended: ${errors.join('').slice(-2000)}`)));
      }),
  };
}

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
