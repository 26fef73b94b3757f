import type { Command } from 'commander';
import { migrateDatabase } from '../store/engine/migrate-database.ts';
import { answer, table } from './answer.ts';
import { settingsOf } from './open.ts';
import type { CliRuntime } from './runtime.ts';

interface Options {
  status?: true;
  json?: true;
}

export function addMigrate(program: Command, runtime: CliRuntime): void {
  program
    .command('migrate')
    .description('Apply pending database migrations. Starting the service does this too.')
    .option('--status', 'only list the migrations that have been applied')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', '\nExamples:\n  orderdock migrate --status\n  DATABASE_URL=postgres://… orderdock migrate')
    .action((options: Options) => migrate(runtime, options));
}

async function migrate(runtime: CliRuntime, options: Options): Promise<void> {
  const { before, after } = await migrateDatabase(settingsOf(runtime).databaseUrl, !options.status);
  const applied = after.filter(
    ({ name, appliedAt }) => appliedAt !== null && before.some((one) => one.name === name && one.appliedAt === null),
  );
  const names = applied.map(({ name }) => name);
  const missing = after.filter(({ appliedAt }) => appliedAt === null).length;
  answer(runtime, options.json, { migrations: after, applied: names, missing }, () => {
    if (options.status)
      return table(
        after.map(({ name, appliedAt }) => ({ migration: name, 'applied at': appliedAt })),
        'No migrations.',
      );
    return names.length === 0 ? 'The database is up to date.\n' : `Applied: ${names.join(', ')}\n`;
  });
}
