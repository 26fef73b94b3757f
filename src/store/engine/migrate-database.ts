import knex from 'knex';
import { type MigrationStatus, migrateUp, migrationStatus } from '../../../migrations/migrate.ts';
import { Unavailable } from '../../domain/errors.ts';
import { dialectOf } from './dialect-of.ts';

/**
 * Which migrations a database had, and which it has now; `apply` false: nothing is changed. Throws `Unavailable` if it cannot be reached,
 * `OrderdockError('newer_database')` if a newer program has written it.
 */
export async function migrateDatabase(url: string, apply: boolean): Promise<{ before: MigrationStatus[]; after: MigrationStatus[] }> {
  const dialect = dialectOf(url);
  const db = knex(dialect.writer);
  try {
    const before = await migrationStatus(db);
    if (!apply) return { before, after: before };
    await migrateUp(db);
    return { before, after: await migrationStatus(db) };
  } catch (error) {
    if (!dialect.unavailable(error)) throw error;
    throw new Unavailable('database_unavailable', 'The database cannot be reached: see DATABASE_URL.', 5000, { cause: error });
  } finally {
    await db.destroy();
  }
}
