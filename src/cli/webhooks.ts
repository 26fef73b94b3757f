import type { Command } from 'commander';
import { audited } from '../audit.ts';
import { Refused } from '../domain/errors.ts';
import type { OpenContext } from '../open-context.ts';
import type { RegisteredWebhook, WebhookManagement } from '../platforms/contract/management.ts';
import type { Connection } from '../platforms/contract/platform.ts';
import type { Settings } from '../settings.ts';
import { answer, table } from './answer.ts';
import { createSaveSecret } from './keep-secret.ts';
import { findConnection, withContext } from './open.ts';
import { type CliRuntime, CommandFailed } from './runtime.ts';

interface Options {
  events?: string[];
  url?: string;
  json?: true;
}

/** What a command on one connection's registrations works with. */
interface Desk {
  connection: Connection;
  /** Null: the platform has no management API, or the connection has no `api`. */
  management: WebhookManagement | null;
  /** Where the platform is to call us; null: `PUBLIC_URL` is not set. */
  wantedUrl: string | null;
}

export function addWebhooks(program: Command, ground: CliRuntime): void {
  const webhooks = program
    .command('webhooks')
    .description('What a platform has registered for a connection, through its management API; else what to enter in its portal.')
    .addHelpText(
      'after',
      '\nExamples:\n  orderdock webhooks list fresh-ordermentum\n  PUBLIC_URL=https://orderdock.example.com orderdock webhooks register fresh-ordermentum\n  orderdock webhooks delete fresh-ordermentum 6f0c…',
    );
  addList(webhooks, ground);
  addRegister(webhooks, ground);
  addUpdate(webhooks, ground);
  addDelete(webhooks, ground);
  addRotate(webhooks, ground);
}

const below = (webhooks: Command, name: string, description: string, example: string): Command =>
  webhooks
    .command(name)
    .description(description)
    .argument('<connection>', 'name of the connection')
    .option('--json', 'answer as JSON')
    .addHelpText('after', `\nExample:\n  orderdock webhooks ${example}`);

const withUrl = (command: Command): Command =>
  command
    .option('--url <url>', "where the platform is to call; default: PUBLIC_URL and the connection's path")
    .option('--events <types...>', 'the event types; default: all that are known');

function addList(webhooks: Command, ground: CliRuntime): void {
  const command = below(webhooks, 'list', 'What is registered, and how it differs from what is wanted.', 'list fresh-ordermentum');
  command.action((connection: string, options: Options) => onDesk(ground, connection, options, (desk) => list(ground, desk, options)));
}

function addRegister(webhooks: Command, ground: CliRuntime): void {
  const example = 'register fresh-ordermentum --events order_created order_updated';
  withUrl(below(webhooks, 'register', 'Register our URL with the events.', example)).action((connection: string, options: Options) =>
    onDesk(ground, connection, options, async (desk) => {
      tell(ground, options, await managementOf(desk).register(urlOf(desk), options.events ?? null), 'Registered');
    }),
  );
}

function addUpdate(webhooks: Command, ground: CliRuntime): void {
  withUrl(below(webhooks, 'update', 'Change the URL or the events of a registration.', 'update fresh-ordermentum 6f0c…'))
    .argument('<id>', 'id of the registration')
    .action((connection: string, id: string, options: Options) =>
      onDesk(ground, connection, options, async (desk) => {
        tell(ground, options, await managementOf(desk).update(id, urlOf(desk), options.events ?? null), 'Updated');
      }),
    );
}

function addDelete(webhooks: Command, ground: CliRuntime): void {
  below(webhooks, 'delete', 'End a registration.', 'delete fresh-ordermentum 6f0c…')
    .argument('<id>', 'id of the registration')
    .action((connection: string, id: string, options: Options) =>
      onDesk(ground, connection, options, async (desk) => {
        await managementOf(desk).delete(id);
        answer(ground, options.json, { id, deleted: true }, () => `Deleted ${id}.\n`);
      }),
    );
}

function addRotate(webhooks: Command, ground: CliRuntime): void {
  const description = 'Have the platform make a new signing key; it is written where the settings read it, never shown.';
  below(webhooks, 'rotate', description, 'rotate subs-ordergroove 42')
    .argument('<id>', 'id of the registration')
    .action((connection: string, id: string, options: Options) =>
      onDesk(ground, connection, options, async (desk) => {
        const { rotateSecret } = managementOf(desk);
        if (!rotateSecret) throw new Refused(400, 'no_rotation', `${desk.connection.platform.title} has no signing key to rotate.`);
        await rotateSecret(id);
        answer(
          ground,
          options.json,
          { id, rotated: true },
          () => 'The new key is in force beside the old one. Send SIGHUP to the service.\n',
        );
      }),
    );
}

function onDesk(ground: CliRuntime, name: string, options: Options, work: (desk: Desk) => Promise<void>): Promise<void> {
  return withContext(ground, async (context, settings) => {
    const connection = findConnection(context.connections.list(), name);
    await work({
      connection,
      management: openManagement(context, connection, settings, ground),
      wantedUrl: wantedUrl(settings, connection, options.url),
    });
  });
}

function openManagement(context: OpenContext, connection: Connection, settings: Settings, ground: CliRuntime): WebhookManagement | null {
  const keepSecret = createSaveSecret(settings, connection, ground);
  const remote = context.remote.forConnection(connection.name);
  const management = connection.platform.connect(connection.settings, remote, keepSecret)?.webhooks ?? null;
  return management === null ? null : auditedManagement(context, connection, management);
}

/** The same, with everything that changes a registration audited. */
function auditedManagement(context: OpenContext, { name }: Connection, management: WebhookManagement): WebhookManagement {
  const audit = <T>(verb: string, id: string | null, work: () => Promise<T>): Promise<T> =>
    audited(context, { action: `webhook.${verb}`, target: id === null ? null : `webhook:${id}`, connection: name }, work);
  const { rotateSecret } = management;
  return {
    ...management,
    register: (...wanted) => audit('register', null, () => management.register(...wanted)),
    update: (id, ...wanted) => audit('update', id, () => management.update(id, ...wanted)),
    delete: (id) => audit('delete', id, () => management.delete(id)),
    ...(rotateSecret ? { rotateSecret: (id: string) => audit('rotate', id, () => rotateSecret(id)) } : {}),
  };
}

const wantedUrl = (settings: Settings, connection: Connection, url: string | undefined): string | null =>
  url ?? (settings.publicUrl === null ? null : `${settings.publicUrl.replace(/\/+$/, '')}/webhooks/${connection.name}`);

function managementOf({ management, connection, wantedUrl }: Desk): WebhookManagement {
  if (management) return management;
  throw new CommandFailed(
    `This connection has no management API to ask. Enter this in the portal of ${connection.platform.title}:\n${guideOf(connection, wantedUrl)}`,
  );
}

function urlOf({ wantedUrl }: Desk): string {
  if (wantedUrl !== null) return wantedUrl;
  throw new CommandFailed('Where is this service reached from outside? Set PUBLIC_URL, or give --url.');
}

const guideOf = (connection: Connection, url: string | null): string =>
  connection.platform
    .portalGuide(connection.settings, url ?? `https://YOUR-HOST/webhooks/${connection.name}`)
    .map((line) => `  ${line}`)
    .join('\n');

async function list(ground: CliRuntime, desk: Desk, options: Options): Promise<void> {
  const { connection, management, wantedUrl } = desk;
  const guide = connection.platform.portalGuide(connection.settings, wantedUrl ?? `https://YOUR-HOST/webhooks/${connection.name}`);
  if (!management) {
    return answer(
      ground,
      options.json,
      { registered: null, portal: guide },
      () => `No management API here. To be entered in the portal:\n${guideOf(connection, wantedUrl)}\n`,
    );
  }
  const registered = await management.list();
  const differences = compare(connection, registered, wantedUrl);
  answer(ground, options.json, { registered, wanted: { url: wantedUrl }, differences }, () => {
    const rows = registered.map((one) => ({ id: one.id, url: one.url, enabled: one.enabled, events: one.events.length }));
    const lines = differences.length === 0 ? ['Registered is what is wanted.'] : differences.map((difference) => `- ${difference}`);
    return `${table(rows, 'Nothing is registered.')}\n${lines.join('\n')}\n`;
  });
}

/** Wanted: one enabled registration of our URL that covers every event type which means something to us. */
function compare(connection: Connection, registered: readonly RegisteredWebhook[], url: string | null): string[] {
  if (url === null) return ['PUBLIC_URL is not set: it is unknown which registration should be ours.'];
  const ours = registered.filter((one) => one.url === url);
  if (ours.length === 0) return [`${url} is not registered: orderdock webhooks register ${connection.name}`];
  const covered = new Set(ours.filter((one) => one.enabled).flatMap((one) => one.events));
  const missing = connection.platform.events.filter((event) => event.effect !== 'ignore' && !covered.has(event.type) && !covered.has('*'));
  return [
    ...ours.filter((one) => !one.enabled).map((one) => `${one.id} is switched off.`),
    ...(missing.length > 0 && covered.size > 0 ? [`Not registered: ${missing.map((event) => event.type).join(', ')}`] : []),
    ...(ours.length > 1 ? [`${url} is registered ${ours.length} times: every event comes that often.`] : []),
  ];
}

function tell(ground: CliRuntime, options: Options, webhook: RegisteredWebhook, what: string): void {
  answer(ground, options.json, webhook, () => `${what}: ${webhook.id} ${webhook.url ?? ''} (${webhook.events.length} event types)\n`);
}
