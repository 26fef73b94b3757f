import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type test from 'node:test';
import { runCommandLine } from '../../src/cli/program.ts';

export interface Ran {
  code: number;
  out: string;
  err: string;
}

/** Runs one command as a shell would, in this process. */
export async function run(env: Record<string, string>, ...words: string[]): Promise<Ran> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runCommandLine(words, {
    env,
    workingDir: '/',
    out: (text) => void out.push(text),
    err: (text) => void err.push(text),
    outTerminal: false,
    terminal: false,
  });
  return { code, out: out.join(''), err: err.join('') };
}

export interface Place {
  dir: string;
  /** The minimum that a command needs: its own data directory, and no stray connections file. */
  env: Record<string, string>;
}

/** A directory that is deleted with the test. */
export async function place(t: test.TestContext): Promise<Place> {
  const dir = await mkdtemp(join(tmpdir(), 'orderdock-cli-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  return { dir, env: { DATA_DIR: join(dir, 'data'), CONNECTIONS_FILE: join(dir, 'connections.yaml') } };
}
