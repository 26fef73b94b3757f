import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { globalSetup, globalTeardown } from '../test/support/postgres.ts';

const ROOT = resolve(import.meta.dirname, '..');

export type Engine = 'sqlite' | 'postgres';

/** A function of the store; `file` is below `src/store`. */
export interface StoreFunction {
  file: string;
  name: string;
}

/** A statement, and the function that sent it. */
export interface Recorded extends StoreFunction {
  engine: Engine;
  statement: string;
}

export interface Recording {
  statements: Recorded[];
  /** All functions of the store that were at work while a statement was sent. */
  functions: StoreFunction[];
}

export interface RecordedTests {
  recording: Recording;
  engines: Engine[];
  /** What is missing, and why: tests that fail, or an engine that cannot be started. */
  failures: string[];
}

/** Runs tests on both engines, or on SQLite alone where no PostgreSQL can be started. */
export async function recordTests(files: readonly string[]): Promise<RecordedTests> {
  try {
    const failure = await globalSetup().then(
      () => null,
      (error: unknown) =>
        `No PostgreSQL can be started (${error instanceof Error ? error.message : String(error)}): its statements are left as they were, and may be stale.`,
    );
    const engines: Engine[] = failure === null ? ['sqlite', 'postgres'] : ['sqlite'];
    const { failure: failed, ...recording } = await recordOn(engines, files);
    return { recording, engines, failures: [failure, failed].filter((text) => text !== null) };
  } finally {
    await globalTeardown();
  }
}

/** Sent by timers while a test takes long: the same tests would send them on a busy machine only. */
const BY_TIME =
  /^(deliveries\/leases\.ts (isAnythingLeased|releaseDropped|renewLeases)|drift\/read-last\.ts|documents\/claim\.ts renewDocumentLease)/;

/** Runs tests on engines that are there already. */
export async function recordOn(engines: readonly Engine[], files: readonly string[]): Promise<Recording & { failure: string | null }> {
  const directory = mkdtempSync(join(tmpdir(), 'orderdock-statements-'));
  const narrowed = engines.length === 1 ? { TEST_ENGINE: engines[0] } : {};
  const { NODE_TEST_CONTEXT: _own, TEST_ENGINE: _engine, ...env } = process.env;
  try {
    // Not waited for synchronously: PostgreSQL stands still when nobody reads its log.
    const run = spawn(
      process.execPath,
      ['--test', '--test-timeout=300000', '--test-concurrency=3', '--import', './docs/record-statements.ts', ...files],
      { cwd: ROOT, env: { ...env, ...narrowed, STATEMENTS_DIR: directory }, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const [output, [code]] = await Promise.all([text(run.stdout), once(run, 'close')]);
    const parts = readdirSync(directory).map((name) => JSON.parse(readFileSync(join(directory, name), 'utf8')) as Recording);
    return {
      statements: parts.flatMap(({ statements }) => statements).filter((one) => !BY_TIME.test(`${one.file} ${one.name}`)),
      functions: parts.flatMap(({ functions }) => functions).filter((one) => !BY_TIME.test(`${one.file} ${one.name}`)),
      failure: code === 0 ? null : `Tests fail, and what they would have sent may be missing:\n${output.slice(-8000)}`,
    };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
