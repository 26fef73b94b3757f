import type { Command } from 'commander';
import knex from 'knex';
import { migrateUp, migrationStatus } from '../../migrations/migrate.ts';
import { Unavailable } from '../domain/errors.ts';
import { postgresDialect, sqliteDialect } from '../store/dialect.ts';
import { answer, table } from './answer.ts';
import type { CliGround } from './ground.ts';
import { settingsOf } from './open.ts';

interface Options {
  status?: true;
  json?: true;
}

export function addMigrate(program: Command, ground: CliGround): void {
  program
    .command('migrate')
    .description('Bring the tables of the database up to date. Starting the service does this too.')
    .option('--status', 'only tell which migrations have been applied')
    .option('--json', 'answer as JSON')
    .addHelpText('after', '\nExamples:\n  orderdock migrate --status\n  DATABASE_URL=postgres://… orderdock migrate')
    .action((options: Options) => migrate(ground, options));
}

async function migrate(ground: CliGround, options: Options): Promise<void> {
  const { databaseUrl } = settingsOf(ground);
  const dialect = databaseUrl.startsWith('sqlite:') ? sqliteDialect(databaseUrl.slice('sqlite:'.length)) : postgresDialect(databaseUrl);
  const db = knex(dialect.writer);
  try {
    const before = await migrationStatus(db);
    if (!options.status) await migrateUp(db);
    const migrations = options.status ? before : await migrationStatus(db);
    const applied = migrations
      .filter(({ name }) => before.some((one) => one.name === name && one.appliedAt === null))
      .map(({ name }) => name);
    const missing = migrations.filter(({ appliedAt }) => appliedAt === null).length;
    answer(ground, options.json, { migrations, applied: options.status ? [] : applied, missing }, () =>
      options.status
        ? table(
            migrations.map(({ name, appliedAt }) => ({ migration: name, 'applied at': appliedAt })),
            'There are no migrations.',
          )
        : applied.length === 0
          ? 'The database is up to date.\n'
          : `Applied: ${applied.join(', ')}\n`,
    );
  } catch (error) {
    if (!dialect.unavailable(error)) throw error;
    throw new Unavailable('database_unavailable', 'The database cannot be reached: see DATABASE_URL.', 5000, { cause: error });
  } finally {
    await db.destroy();
  }
}
