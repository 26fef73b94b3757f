import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';

export interface Child {
  process: ChildProcess;
  /** The base URL that the child tells when it is ready. */
  url: Promise<string>;
  stop(): Promise<void>;
}

/** Starts a server of this folder as a process of its own, with nothing of our environment but what is given. */
export function startChild(file: string, env: Record<string, string>): Child {
  const child = fork(join(import.meta.dirname, file), { env: { PATH: process.env.PATH, ...env } });
  const exit = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const url = new Promise<string>((resolve, reject) => {
    child.once('message', (message) => resolve(String(message)));
    child.once('exit', () => reject(new Error(`${file} ended before it was ready`)));
  });
  return {
    process: child,
    url,
    stop: () => {
      child.kill();
      return exit;
    },
  };
}
