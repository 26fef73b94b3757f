import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { backupDatabase } from '../store/engine/backup-database.ts';
import { answer } from './answer.ts';
import { settingsOf } from './open.ts';
import { type CliRuntime, CommandFailed } from './runtime.ts';

export function addBackup(program: Command, runtime: CliRuntime): void {
  program
    .command('backup <file>')
    .description(
      'Write a consistent copy of the SQLite database while the service runs. Copy documents and the connections file separately.',
    )
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  orderdock backup /backup/orderdock-2026-11-26.db\n\nOn PostgreSQL use pg_dump: see docs/deploying.md.',
    )
    .action((file: string, options: { json?: true }) => backup(runtime, file, options));
}

async function backup(runtime: CliRuntime, file: string, options: { json?: true }): Promise<void> {
  const { databaseUrl } = settingsOf(runtime);
  if (!databaseUrl.startsWith('sqlite:'))
    throw new CommandFailed('The database is PostgreSQL: back it up with pg_dump (see docs/deploying.md).');
  const source = databaseUrl.slice('sqlite:'.length);
  const path = resolve(runtime.workingDir, file);
  if (!existsSync(source)) throw new CommandFailed(`There is no database at ${source}.`);
  if (existsSync(path)) throw new CommandFailed(`${path} already exists: a backup never overwrites a file.`);
  const bytes = await backupDatabase(source, path);
  answer(runtime, options.json, { path, bytes }, () => `Wrote ${path} (${bytes} bytes).\n`);
}
