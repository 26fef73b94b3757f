import type { Command } from 'commander';
import type { RegisteredWebhook } from '../../domain/registered-webhook.ts';
import { answer } from '../answer.ts';
import type { CliRuntime } from '../runtime.ts';
import { listWebhooks } from './list-webhooks.ts';
import { requireUrl, requireVerb, withManagedConnection } from './managed-connection.ts';

interface Options {
  events?: string[];
  entityType?: string[];
  name?: string;
  url?: string;
  json?: true;
}

export function addWebhooks(program: Command, runtime: CliRuntime): void {
  const webhooks = program
    .command('webhooks')
    .description(
      'Manage the webhooks registered for a connection through the management API of its platform; without one, show what to enter in its portal.',
    )
    .addHelpText(
      'after',
      '\nExamples:\n  orderdock webhooks list fresh-ordermentum\n  PUBLIC_URL=https://orderdock.example.com orderdock webhooks register fresh-ordermentum\n  orderdock webhooks enable subs-ordergroove 42',
    );
  addList(webhooks, runtime);
  addRegister(webhooks, runtime);
  addUpdate(webhooks, runtime);
  addSwitch(webhooks, runtime, 'enable', 'Enable a registration again.');
  addSwitch(webhooks, runtime, 'disable', 'Disable a registration: events raised in the meantime may never be sent.');
  addDelete(webhooks, runtime);
  addRotate(webhooks, runtime);
}

const below = (webhooks: Command, name: string, description: string, example: string): Command =>
  webhooks
    .command(name)
    .description(description)
    .argument('<connection>', 'name of the connection')
    .option('--json', 'print the result as JSON')
    .addHelpText('after', `\nExample:\n  orderdock webhooks ${example}`);

const withId = (command: Command): Command => command.argument('<id>', 'id of the registration');

const withWanted = (command: Command): Command =>
  command
    .option('--url <url>', "URL for the platform to call; default: PUBLIC_URL and the connection's path")
    .option('--events <types...>', 'event types, or groups such as "order.*", separated by spaces or commas; default: all known ones')
    .option('--name <name>', 'name of the registration, if the platform supports names')
    .option('--entity-type <types...>', 'entity types whose events are wanted, if the platform asks for one (Ordermentum)');

/** `a b`, `a,b` and `"a, b"` are the same list. */
const listOf = (values: readonly string[] | undefined): string[] | null =>
  values === undefined ? null : values.flatMap((value) => value.split(/[\s,]+/)).filter((value) => value !== '');

const wantedOf = ({ events, entityType, name }: Options) => ({
  events: listOf(events),
  entityTypes: listOf(entityType),
  name: name ?? null,
});

function addList(webhooks: Command, runtime: CliRuntime): void {
  const description = "List what is registered, with the platform's own statistics and any differences from what is wanted.";
  below(webhooks, 'list', description, 'list fresh-ordermentum').action((connection: string, options: Options) =>
    withManagedConnection(runtime, connection, options.url, (managed) => listWebhooks(runtime, managed, options.json)),
  );
}

function addRegister(webhooks: Command, runtime: CliRuntime): void {
  const example = 'register fresh-ordermentum --events order_created order_updated';
  withWanted(below(webhooks, 'register', 'Register our URL for the events.', example)).action((connection: string, options: Options) =>
    withManagedConnection(runtime, connection, options.url, async (managed) => {
      const register = requireVerb(managed, 'register');
      const registered = await register({ ...wantedOf(options), url: requireUrl(managed) });
      const [only] = registered;
      answer(runtime, options.json, registered.length === 1 ? only : { registered }, () =>
        registered.map((webhook) => sentence('Registered', webhook)).join(''),
      );
    }),
  );
}

function addUpdate(webhooks: Command, runtime: CliRuntime): void {
  const example = 'update fresh-ordermentum 6f0c… --events order_created';
  withWanted(withId(below(webhooks, 'update', 'Change the URL, the events or the name of a registration.', example))).action(
    (connection: string, id: string, options: Options) =>
      withManagedConnection(runtime, connection, options.url, async (managed) => {
        const updated = await requireVerb(managed, 'update')(id, { ...wantedOf(options), url: managed.wantedUrl });
        answer(runtime, options.json, updated, () => sentence('Updated', updated));
      }),
  );
}

function addSwitch(webhooks: Command, runtime: CliRuntime, verb: 'enable' | 'disable', description: string): void {
  withId(below(webhooks, verb, description, `${verb} subs-ordergroove 42`)).action((connection: string, id: string, options: Options) =>
    withManagedConnection(runtime, connection, undefined, async (managed) => {
      const changed = await requireVerb(managed, verb)(id);
      answer(runtime, options.json, changed, () => sentence(verb === 'enable' ? 'Enabled' : 'Disabled', changed));
    }),
  );
}

function addDelete(webhooks: Command, runtime: CliRuntime): void {
  withId(below(webhooks, 'delete', 'Delete a registration.', 'delete fresh-ordermentum 6f0c…')).action(
    (connection: string, id: string, options: Options) =>
      withManagedConnection(runtime, connection, undefined, async (managed) => {
        const left = await requireVerb(managed, 'delete')(id);
        answer(runtime, options.json, { id, deleted: left === null, left }, () => `${left === null ? `Deleted ${id}` : left}.\n`);
      }),
  );
}

function addRotate(webhooks: Command, runtime: CliRuntime): void {
  const description = 'Have the platform generate a new secret; it is written to the connections file, never shown.';
  withId(below(webhooks, 'rotate', description, 'rotate subs-ordergroove 42')).action((connection: string, id: string, options: Options) =>
    withManagedConnection(runtime, connection, undefined, async (managed) => {
      await requireVerb(managed, 'rotate')(id);
      const text = 'Both the new and the old secret are valid. Send SIGHUP to the service.\n';
      answer(runtime, options.json, { id, rotated: true }, () => text);
    }),
  );
}

const sentence = (what: string, { id, url, events }: RegisteredWebhook): string =>
  `${what}: ${[id, url, `(${events.length} event types)`].filter((part) => part !== null).join(' ')}\n`;
