import { Argument, type Command, Option } from 'commander';
import { settingsKeyNames } from '../api-key.ts';
import { ROLES, type Role } from '../domain/role.ts';
import { createKey, deleteKey } from '../feed/api-keys.ts';
import { listApiKeys } from '../store/access/list-api-keys.ts';
import { answer, table } from './answer.ts';
import { withContext } from './open.ts';
import { type CliRuntime, CommandFailed } from './runtime.ts';

interface Options {
  json?: true;
  role: Role;
  connection?: string[];
  consumer?: string[];
}

const NAME = /^[A-Za-z0-9_.-]{1,64}$/;

export function addKeys(program: Command, runtime: CliRuntime): void {
  const keys = program
    .command('keys')
    .description('Manage API keys: only their hashes are stored, and a key is shown once.')
    .addHelpText('after', '\nExamples:\n  orderdock keys create erp --role reader\n  orderdock keys list\n  orderdock keys revoke erp');
  keys
    .command('create')
    .description('Create a key and show it once.')
    .addArgument(new Argument('<name>', 'name of the key in lists and logs'))
    .addOption(new Option('--role <role>', 'role of the key').choices(ROLES).default('reader'))
    .option('--connection <names...>', 'restrict it to these connections')
    .option('--consumer <names...>', 'restrict it to these consumers of the feed')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  orderdock keys create erp --role reader --json\n  orderdock keys create shop --connection shop-orisha --consumer shop-erp',
    )
    .action((name: string, options: Options) => create(runtime, name, options));
  keys
    .command('list')
    .description('List the stored keys and when each was last used.')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', '\nExample:\n  orderdock keys list')
    .action((options: Options) => list(runtime, options));
  keys
    .command('revoke')
    .description('Revoke a key at once, in every process.')
    .argument('<name>', 'name of the key')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', '\nExample:\n  orderdock keys revoke erp')
    .action((name: string, options: Options) => revoke(runtime, name, options));
}

async function create(runtime: CliRuntime, name: string, options: Options): Promise<void> {
  if (!NAME.test(name)) throw new CommandFailed('A key name has at most 64 characters: letters, digits, "_", "." and "-".');
  const key = await withContext(runtime, (context, { apiKeys }) =>
    createKey(
      { ...context, settingsKeys: settingsKeyNames(apiKeys) },
      { name, role: options.role, connections: options.connection ?? null, consumers: options.consumer ?? null },
    ),
  );
  answer(runtime, options.json, key, () => `${key.key}\n`);
  if (!options.json) runtime.err(`This is the key ${name} (${options.role}). It is not shown again.\n`);
}

async function list(runtime: CliRuntime, options: Options): Promise<void> {
  const keys = await withContext(runtime, (context) => listApiKeys(context.db.read));
  answer(runtime, options.json, keys, () =>
    table(
      keys.map((key) => ({
        name: key.name,
        role: key.role,
        connections: key.connections?.join(' ') ?? 'all',
        created: key.createdAt,
        'last used': key.lastUsedAt,
      })),
      'No stored keys (those of API_KEYS and DATA_DIR/api-key are not listed here).',
    ),
  );
}

async function revoke(runtime: CliRuntime, name: string, options: Options): Promise<void> {
  await withContext(runtime, (context, { apiKeys }) => deleteKey({ ...context, settingsKeys: settingsKeyNames(apiKeys) }, name));
  answer(runtime, options.json, { name, revoked: true }, () => `The key ${name} is no longer valid.\n`);
}
