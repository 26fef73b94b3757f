import knex, { type Knex } from 'knex';
import { migrateUp } from '../../migrations/migrate.ts';
import { dialectOf } from '../../src/store/engine/dialect-of.ts';
import { type CreatedDatabase, createTestDatabase, type Engine, openCreated, type TestDatabase } from './engines.ts';

/** A database as the version left it whose last migration was `last`, with the rows that `fill` writes. */
export async function createOlderDatabase(engine: Engine, last: string, fill: (db: Knex) => Promise<void>): Promise<CreatedDatabase> {
  const created = await createTestDatabase(engine);
  const db = knex(dialectOf(created.url).writer);
  try {
    // PostgreSQL databases are copies of a template that has all tables.
    if (engine === 'postgres') await db.raw('drop schema public cascade; create schema public');
    await migrateUp(db, last);
    await fill(db);
  } finally {
    await db.destroy();
  }
  return created;
}

/** The same, opened, which migrates it to this version. */
export const openOlderDatabase = async (engine: Engine, last: string, fill: (db: Knex) => Promise<void>): Promise<TestDatabase> =>
  openCreated(await createOlderDatabase(engine, last, fill));
