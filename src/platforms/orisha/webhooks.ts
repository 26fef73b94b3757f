import { OrderdockError, Refused, RemoteFailure } from '../../domain/errors.ts';
import type { RegisteredWebhook } from '../../domain/registered-webhook.ts';
import { atPointer, isObject, type Json, listAt, parseJson } from '../../domain/values/json.ts';
import { checkEventNames, refuseOptions } from '../contract/event-names.ts';
import { requireSaving, type SaveSecret, type WantedWebhook, type WebhookManagement } from '../contract/management.ts';
import { type Made, undo } from '../contract/undo.ts';
import type { ApiClient } from './client/client.ts';
import { fillBody, fillPath, type Values } from './client/fill.ts';
import { orishaEvents } from './events.ts';
import { firstList } from './lists.ts';
import { readRegistration, readSecret } from './read/registration.ts';
import type { OrishaManagement } from './settings.ts';

export interface ManagementOptions {
  client: ApiClient;
  management: OrishaManagement;
  saveSecret: SaveSecret | undefined;
}

const SECRET_SETTING = 'webhook.secret';
/** Documented (advanced features, webhooks, as known in 2026-11). */
const MOST_WEBHOOKS = 3;

const PORTAL = 'is done in the portal of Orisha Commerce';

/** The management endpoint as far as the settings describe it. It shows secrets once; they are saved where the settings expect them. */
export function createWebhookManagement(options: ManagementOptions): WebhookManagement {
  const { management } = options;
  const { list, register, reset } = management;
  return {
    ...(list ? { list: async () => (await listWebhooks(options)).map(({ webhook }) => webhook) } : {}),
    ...(register ? { register: (wanted) => registerEach(options, register, wanted) } : {}),
    ...(reset ? { rotate: (id) => resetSecret(options, reset, id) } : {}),
    ...(management.delete
      ? {
          delete: async (id) => {
            await removeWebhook(options, id, await administrationOf(options, id, management.delete?.path ?? ''));
            return null;
          },
        }
      : {}),
    absent: {
      ...(list ? {} : { list: 'Set api.management.list to list webhooks.' }),
      ...(register ? {} : { register: 'Set api.management.register to register webhooks.' }),
      ...(reset ? {} : { rotate: 'Set api.management.reset to generate new secrets.' }),
      update: `Changing a webhook ${PORTAL}; or delete it there and register again.`,
      enable: `Enabling a webhook again ${PORTAL}.`,
      disable: `Disabling a webhook ${PORTAL}.`,
      ...(management.delete ? {} : { delete: `Deleting a webhook ${PORTAL}; or set api.management.delete.` }),
    },
  };
}

interface Listed {
  administration: string;
  webhook: RegisteredWebhook;
}

async function listWebhooks({ client, management }: ManagementOptions): Promise<Listed[]> {
  const listed: Listed[] = [];
  const { path, items } = management.list ?? { path: '' };
  for (const administration of administrationsFor(client, [path])) {
    const answer = await callJson(client, 'GET', path, valuesWith({ administration }));
    const rows = listAt(items === undefined ? firstList(answer) : atPointer(answer, items)).filter(isObject);
    listed.push(...rows.map((row) => readRegistration(row, administration)));
  }
  return listed;
}

/** One per administration if the endpoint requires one; all or none. */
async function registerEach(
  options: ManagementOptions,
  { path, method, body }: NonNullable<OrishaManagement['register']>,
  wanted: WantedWebhook & { url: string },
): Promise<RegisteredWebhook[]> {
  const { client, management } = options;
  checkEventNames(wanted.events, orishaEvents);
  refuseOptions('Orisha Commerce', wanted, ['name', 'entityTypes']);
  const save = requireSaving(options.saveSecret);
  const administrations = administrationsFor(client, [path, body]);
  if (management.list) checkRoom(await listWebhooks(options), administrations);
  const events = wanted.events ?? orishaEvents.map(({ type }) => type);
  const registered: RegisteredWebhook[] = [];
  const made: Made[] = [];
  const secrets: string[] = [];
  try {
    for (const administration of administrations) {
      const answer = await callJson(client, method, path, valuesWith({ url: wanted.url, events, administration }), body);
      const { webhook } = readRegistration(isObject(answer) ? answer : {}, administration);
      registered.push({ ...webhook, url: webhook.url ?? wanted.url, events: webhook.events.length > 0 ? webhook.events : [...events] });
      made.push({ name: `webhook ${webhook.id}`, remove: () => removeWebhook(options, webhook.id, administration) });
      secrets.push(readSecret(answer) ?? unreadableSecret(webhook.id));
    }
    await save(SECRET_SETTING, [...new Set([...secrets, ...client.settings.webhook.secret])]);
    return registered;
  } catch (error) {
    return undo(made, error);
  }
}

function checkRoom(listed: readonly Listed[], administrations: readonly string[]): void {
  for (const administration of administrations) {
    const taken = listed.filter((one) => one.administration === administration).length;
    if (taken < MOST_WEBHOOKS) continue;
    throw new Refused(
      409,
      'too_many_webhooks',
      `Administration ${administration === '' ? '(of this account)' : administration} has ${taken} webhooks, and ${MOST_WEBHOOKS} are allowed. Delete one first.`,
    );
  }
}

async function resetSecret(options: ManagementOptions, reset: NonNullable<OrishaManagement['reset']>, id: string): Promise<void> {
  const { client } = options;
  const save = requireSaving(options.saveSecret);
  const administration = await administrationOf(options, id, JSON.stringify([reset.path, reset.body ?? null]));
  const answer = await callJson(client, reset.method, reset.path, valuesWith({ id, administration }), reset.body);
  // No overlap is documented for a reset: deliveries in flight may still carry the old secret.
  await save(SECRET_SETTING, [...new Set([readSecret(answer) ?? unreadableSecret(id), ...client.settings.webhook.secret])]);
}

async function removeWebhook({ client, management }: ManagementOptions, id: string, administration: string): Promise<void> {
  if (!management.delete) throw new OrderdockError('no_delete', 'api.management.delete is not set');
  await callJson(client, 'DELETE', management.delete.path, valuesWith({ id, administration }));
}

/** The administration of a registered webhook, if a path or body requires it. */
async function administrationOf(options: ManagementOptions, id: string, template: string): Promise<string> {
  const { administrations = [] } = options.client.settings.webhook;
  if (!usesAdministration(template) || administrations.length <= 1) return administrations[0] ?? '';
  const found = options.management.list ? (await listWebhooks(options)).find(({ webhook }) => webhook.id === id) : undefined;
  return found?.administration ?? administrations[0] ?? '';
}

const usesAdministration = (template: unknown): boolean => /\{administration\}/i.test(JSON.stringify(template ?? null));

/** The administrations to call for: each of them if the call names one, else a single call for all. */
function administrationsFor(client: ApiClient, templates: readonly unknown[]): string[] {
  if (!templates.some(usesAdministration)) return [''];
  const { administrations } = client.settings.webhook;
  if (administrations) return administrations;
  throw new Refused(400, 'administration_missing', 'Name the administrations in webhook.administrations, for {administration}.');
}

const valuesWith = (values: Partial<Values>): Values => ({ url: '', events: [], administration: '', id: '', ...values });

async function callJson(
  client: ApiClient,
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  path: string,
  values: Values,
  body?: unknown,
): Promise<Json> {
  const call = { method, path: fillPath(path, values), ...(body === undefined ? {} : { body: fillBody(body, values) }) };
  const { text, status } = await client.call({ ...call, headers: { Accept: 'application/json' } });
  if (text.trim() === '') return {};
  try {
    return parseJson(text);
  } catch {
    // The cause is omitted, since its text may contain the secret.
    throw new RemoteFailure('remote_unreadable', 'The response of Orisha Commerce is not JSON', status);
  }
}

function unreadableSecret(id: string): never {
  throw new RemoteFailure(
    'remote_unreadable',
    `The response of Orisha Commerce about webhook ${id} has no member "secret". Reset the secret in the portal and enter it in webhook.secret`,
    200,
  );
}
