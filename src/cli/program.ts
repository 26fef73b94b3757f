import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { OrderdockError, RemoteFailure } from '../domain/errors.ts';
import { addBackup } from './backup.ts';
import { addCheck } from './check/check.ts';
import { addDeliveries } from './deliveries.ts';
import { addDismiss, addRetry } from './delivery-actions.ts';
import { addDemo } from './demo.ts';
import { addExport } from './export/export.ts';
import { addKeys } from './keys.ts';
import { addMigrate } from './migrate.ts';
import { addReconcile } from './reconcile.ts';
import { addReplay } from './replay.ts';
import { type CliRuntime, CommandFailed } from './runtime.ts';
import { addSend } from './send.ts';
import { addServe } from './serve.ts';
import { findUnknownCommand } from './unknown-command.ts';
import { addWebhooks } from './webhooks/webhooks.ts';

/** Every command, in the order in which `--help` lists them. */
const COMMANDS = [
  addServe,
  addMigrate,
  addBackup,
  addCheck,
  addSend,
  addDeliveries,
  addReplay,
  addRetry,
  addDismiss,
  addReconcile,
  addWebhooks,
  addKeys,
  addExport,
  addDemo,
];

/** The command line as a commander program: parsing, help and the generated docs all derive from it. */
export function createProgram(runtime: CliRuntime): Command {
  const program = new Command('orderdock')
    .description('Receives commerce platform webhooks, stores what is new, and lets the ERP pull it.')
    .version(version(), '-V, --version', 'print the version')
    .helpCommand(true)
    .showHelpAfterError('(use --help to list commands and options)')
    .exitOverride()
    .configureOutput({ writeOut: runtime.out, writeErr: runtime.err });
  for (const add of COMMANDS) add(program, runtime);
  return program;
}

/** The package's version; package.json is at the same relative path from the sources and from the compiled program. */
function version(): string {
  const manifest: { version: string } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return manifest.version;
}

const UNKNOWN_COMMAND = 2;

/** Runs one command and returns the exit code: 0 only on success, 2 for an unknown command. Every error ends up here as one clear message. */
export async function runCommandLine(words: readonly string[], runtime: CliRuntime): Promise<number> {
  const program = createProgram(runtime);
  const unknown = findUnknownCommand(program, words);
  if (unknown !== null) {
    runtime.err(`${unknown}\n`);
    return UNKNOWN_COMMAND;
  }
  try {
    await program.parseAsync([...words], { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    const message = messageOf(error);
    if (message !== '') runtime.err(`${message}\n`);
    return 1;
  }
}

function messageOf(error: unknown): string {
  if (error instanceof CommandFailed) return error.message;
  if (error instanceof RemoteFailure && error.retryAfterMs !== null)
    return `orderdock: ${error.message}. Try again in ${Math.ceil(error.retryAfterMs / 1000)} s.`;
  if (error instanceof OrderdockError) return `orderdock: ${error.message}`;
  if (!(error instanceof Error)) return `orderdock: ${error}`;
  const isSystemError = 'code' in error && typeof error.code === 'string' && 'syscall' in error && error.syscall !== undefined;
  return `orderdock: ${isSystemError ? error.message : (error.stack ?? error.message)}`;
}
