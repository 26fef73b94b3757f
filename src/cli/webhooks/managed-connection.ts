import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { audited } from '../../audit.ts';
import { Refused } from '../../domain/errors.ts';
import type { OpenContext } from '../../open-context.ts';
import { MANAGEMENT_VERBS, type ManagementVerb, type WebhookManagement } from '../../platforms/contract/management.ts';
import type { Connection } from '../../platforms/contract/platform.ts';
import type { Settings } from '../../settings.ts';
import { findConnection, withContext } from '../open.ts';
import { type CliRuntime, CommandFailed } from '../runtime.ts';
import { createSaveSecret } from './save-secret.ts';

/** What a command needs for the registrations of one connection. */
export interface ManagedConnection {
  connection: Connection;
  /** Null: the platform has no management API, or the connection is not configured for it. */
  management: WebhookManagement | null;
  /** The address that the platform should call; null if `PUBLIC_URL` is not set. */
  wantedUrl: string | null;
}

/** Opens the registrations of one connection for one command. */
export function withManagedConnection(
  runtime: CliRuntime,
  name: string,
  url: string | undefined,
  work: (managed: ManagedConnection) => Promise<void>,
): Promise<void> {
  return withContext(runtime, async (context, settings) => {
    const connection = findConnection(context.connections.list(), name);
    const management = openManagement(context, connection, settings, runtime);
    await work({ connection, management, wantedUrl: await wantedUrl(settings, connection, url) });
  });
}

function openManagement(context: OpenContext, connection: Connection, settings: Settings, runtime: CliRuntime): WebhookManagement | null {
  const saveSecret = createSaveSecret(settings, connection, runtime);
  const remote = context.remote.forConnection(connection.name);
  const management = connection.platform.connect(connection.settings, remote, saveSecret)?.webhooks ?? null;
  return management === null ? null : auditedManagement(context, connection, management);
}

/** The same, with an audit entry for every change to a registration. */
function auditedManagement(context: OpenContext, { name }: Connection, management: WebhookManagement): WebhookManagement {
  const audit = <T>(verb: string, id: string | null, work: () => Promise<T>): Promise<T> =>
    audited(context, { action: `webhook.${verb}`, target: id === null ? null : `webhook:${id}`, connection: name }, work);
  const { register, update, enable, disable, rotate } = management;
  const remove = management.delete;
  return {
    ...management,
    ...(register ? { register: (wanted) => audit('register', null, () => register(wanted)) } : {}),
    ...(update ? { update: (id, wanted) => audit('update', id, () => update(id, wanted)) } : {}),
    ...(enable ? { enable: (id) => audit('enable', id, () => enable(id)) } : {}),
    ...(disable ? { disable: (id) => audit('disable', id, () => disable(id)) } : {}),
    ...(remove ? { delete: (id) => audit('delete', id, () => remove(id)) } : {}),
    ...(rotate ? { rotate: (id) => audit('rotate', id, () => rotate(id)) } : {}),
  };
}

/** The simulated platforms run on this machine: by default they get the address of the service itself. */
async function wantedUrl(settings: Settings, { name }: Connection, url: string | undefined): Promise<string | null> {
  if (url !== undefined) return url;
  const address = settings.connectionsFile === null ? await readFile(join(settings.dataDir, 'address'), 'utf8').catch(() => null) : null;
  const base = settings.publicUrl ?? address?.trim() ?? null;
  return base === null ? null : `${base.replace(/\/+$/, '')}/webhooks/${name}`;
}

/** The verb of the connection's management API. If the platform lacks it, the refusal says what to do instead. */
export function requireVerb<V extends ManagementVerb>(managed: ManagedConnection, verb: V): NonNullable<WebhookManagement[V]> {
  const { management, connection } = managed;
  if (!management) {
    throw new CommandFailed(
      `${connection.platform.title} has no management API that this connection can use. Enter this in the portal of ${connection.platform.title}:\n${guideText(managed)}`,
    );
  }
  const method = management[verb];
  if (!method) throw new Refused(400, 'not_supported', management.absent[verb] ?? `${connection.platform.title} has no ${verb}.`);
  return method;
}

export function requireUrl({ wantedUrl }: ManagedConnection): string {
  if (wantedUrl !== null) return wantedUrl;
  throw new CommandFailed('The public address of this service is unknown: set PUBLIC_URL, or use --url.');
}

export const guideOf = ({ connection, wantedUrl }: ManagedConnection): string[] =>
  connection.platform.portalGuide(connection.settings, wantedUrl ?? `https://YOUR-HOST/webhooks/${connection.name}`);

export const guideText = (managed: ManagedConnection): string =>
  guideOf(managed)
    .map((line) => `  ${line}`)
    .join('\n');

export const verbsOf = (management: WebhookManagement): ManagementVerb[] =>
  MANAGEMENT_VERBS.filter((verb) => management[verb] !== undefined);
