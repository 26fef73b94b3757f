import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type TestContext, type TestOptions } from 'node:test';
import pg from 'pg';
import { type Database, openDatabase } from '../../src/store/engine/database.ts';
import { TEMPLATE } from './postgres.ts';
import { scratchDirectory } from './scratch.ts';

/** The engines that tests run on: see `testOnEngines`. `TEST_ENGINE` restricts the list. */
export const ENGINES = (['sqlite', 'postgres'] as const).filter((engine) => !process.env.TEST_ENGINE || process.env.TEST_ENGINE === engine);
export type Engine = (typeof ENGINES)[number];

/** Declares a test that runs once on each engine. */
export function testOnEngines(name: string, body: (t: TestContext, engine: Engine) => Promise<void>, options: TestOptions = {}): void {
  for (const engine of ENGINES) test(`${name} (${engine})`, options, (t) => body(t, engine));
}

/** The same for a test with its own subject, which is closed afterwards. */
export function testOnEnginesWith<Subject extends { close(): Promise<void> }>(
  name: string,
  open: (engine: Engine) => Promise<Subject>,
  body: (subject: Subject, engine: Engine, t: TestContext) => Promise<void>,
): void {
  testOnEngines(name, async (t, engine) => {
    const subject = await open(engine);
    try {
      await body(subject, engine, t);
    } finally {
      await subject.close();
    }
  });
}

export interface TestDatabase {
  url: string;
  db: Database;
  /** Closes the database and deletes its data. */
  close(): Promise<void>;
}

export interface CreatedDatabase {
  url: string;
  drop(): Promise<void>;
}

/** A new, empty database: its address, and how to delete it. */
export async function createTestDatabase(engine: Engine): Promise<CreatedDatabase> {
  if (engine === 'sqlite') {
    const directory = await mkdtemp(join(scratchDirectory(), 'orderdock-'));
    return { url: `sqlite:${join(directory, 'orderdock.db')}`, drop: () => rm(directory, { recursive: true, force: true }) };
  }
  const server = process.env.TEST_POSTGRES_URL;
  if (!server) throw new Error('No PostgreSQL for the tests: run them with --test-global-setup=test/support/postgres.ts');
  const name = `t_${randomBytes(8).toString('hex')}`;
  await onServer(server, `create database ${name} template ${TEMPLATE}`);
  return { url: `${server}/${name}`, drop: () => onServer(server, `drop database if exists ${name} with (force)`) };
}

export const openTestDatabase = async (engine: Engine): Promise<TestDatabase> => openCreated(await createTestDatabase(engine));

export async function openCreated({ url, drop }: CreatedDatabase): Promise<TestDatabase> {
  const db = await openDatabase(url);
  return {
    url,
    db,
    close: async () => {
      await db.close();
      await drop();
    },
  };
}

async function onServer(server: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: `${server}/postgres` });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
