import { OrderdockError, Refused } from '../../domain/errors.ts';
import type { RegisteredWebhook } from '../../domain/registered-webhook.ts';
import { type Json, type JsonObject, listAt, objectAt, textAt } from '../../domain/values/json.ts';
import { outgoingPath } from '../../domain/values/outgoing-path.ts';
import { readTime } from '../../domain/values/time.ts';
import type { AuthEntry } from '../contract/auth-entry.ts';
import { checkEventNames } from '../contract/event-names.ts';
import { registrationName, type WantedWebhook, type WebhookManagement } from '../contract/management.ts';
import { undo } from '../contract/undo.ts';
import type { ManagementClient } from './client/management-client.ts';
import { ordermentumEvents } from './events.ts';
import { PAGE_SIZE, readListPage } from './lists.ts';
import { unwrapped } from './read/members.ts';

const PATH = '/v1/webhooks';
const BUDGETS = ['webhooks'];
/** The registration page says "e.g. supplier"; the older documentation lists webhooks by supplier and by retailer (2019-12). */
const ENTITY_TYPES = ['supplier', 'retailer', 'venue', 'purchaser'];
const ON_OR_OFF = 'Ordermentum cannot disable and enable webhooks: use delete and register.';

/** Webhooks belong to an entity, ours to the supplier. They are registered with the connection's own credentials, which never leave this module. */
export function createWebhookManagement(client: ManagementClient, auth: readonly AuthEntry[]): WebhookManagement {
  return {
    list: () => listWebhooks(client),
    register: (wanted) => register(client, auth, wanted),
    update: async (id, wanted) => {
      checkWanted(wanted);
      const body = { ...members(wanted), ...credentialsFor(auth) };
      const updated = readWebhook(await client.json({ method: 'PUT', path: pathOf(id), body, budgets: BUDGETS }), body);
      return { ...updated, id: updated.id || id };
    },
    delete: async (id) => {
      await client.json({ method: 'DELETE', path: pathOf(id), budgets: BUDGETS });
      return null;
    },
    absent: {
      enable: ON_OR_OFF,
      disable: ON_OR_OFF,
      rotate: 'Ordermentum has no signing key. Put a new credential first in its list in webhook.auth, then use update to register it.',
    },
  };
}

const pathOf = (id: string): string => PATH + outgoingPath`/${id}`;

function checkWanted({ events, entityTypes }: WantedWebhook): void {
  checkEventNames(events, ordermentumEvents);
  const unknown = (entityTypes ?? []).filter((type) => !ENTITY_TYPES.includes(type));
  if (unknown.length === 0) return;
  throw new Refused(400, 'unknown_entity_type', `Unknown entity type ${unknown.join(', ')}. Known: ${ENTITY_TYPES.join(', ')}.`);
}

/** One registration per entity type; all or none. */
async function register(
  client: ManagementClient,
  auth: readonly AuthEntry[],
  wanted: WantedWebhook & { url: string },
): Promise<RegisteredWebhook[]> {
  checkWanted(wanted);
  const made: RegisteredWebhook[] = [];
  const defaults = { events: allEvents(), name: registrationName(wanted.url), entityId: client.api.supplierId };
  for (const entityType of wanted.entityTypes ?? ['supplier']) {
    const body = { ...defaults, ...members({ ...wanted, entityTypes: [entityType] }), ...credentialsFor(auth) };
    try {
      made.push(readWebhook(await client.json({ method: 'POST', path: PATH, body, budgets: BUDGETS }), body));
    } catch (error) {
      return undo(
        made.map(({ id }) => ({
          name: `webhook ${id}`,
          remove: () => client.json({ method: 'DELETE', path: pathOf(id), budgets: BUDGETS }),
        })),
        error,
      );
    }
  }
  return made;
}

const allEvents = () => ordermentumEvents.map((event) => event.type);

const members = ({ url, events, name, entityTypes }: WantedWebhook): JsonObject => ({
  ...(url === null ? {} : { url }),
  ...(name === null ? {} : { name }),
  ...(events === null ? {} : { events: [...events] }),
  ...(entityTypes === null ? {} : { entityType: entityTypes[0] ?? '' }),
});

async function listWebhooks(client: ManagementClient): Promise<RegisteredWebhook[]> {
  const found: RegisteredWebhook[] = [];
  for (let pageNo = 1; ; pageNo++) {
    const query = { supplierId: client.api.supplierId, pageNo, pageSize: PAGE_SIZE };
    const page = readListPage(await client.json({ method: 'GET', path: PATH, query, budgets: BUDGETS }), pageNo);
    found.push(...page.rows.map((row) => readWebhook(row, {})));
    if (!page.more) return found;
  }
}

// Whether the response repeats the address and credentials is undocumented: anything missing is taken as it was sent.
function readWebhook(answer: Json, sent: JsonObject): RegisteredWebhook {
  const webhook = unwrapped(objectAt(answer));
  return {
    id: textAt(webhook.id) ?? '',
    name: textAt(webhook.name) ?? textAt(sent.name),
    url: textAt(webhook.url) ?? textAt(sent.url),
    events: listAt(webhook.events ?? sent.events).flatMap((event) => textAt(event) ?? []),
    enabled: readTime(webhook.deletedAt) === null && webhook.enabled !== false && webhook.disabled !== true,
    statistics: null,
  };
}

/**
 * The credentials that Ordermentum sends with each call: basic auth, optionally with custom headers, or a bearer token. Never basic and bearer
 * together: both use the `Authorization` header, and which one wins is undocumented.
 */
function credentialsFor(auth: readonly AuthEntry[]): JsonObject {
  const basic = auth.flatMap((entry) => ('basic' in entry ? [entry.basic] : []))[0];
  const bearer = auth.flatMap((entry) => ('bearer' in entry ? [entry.bearer] : []))[0];
  const headers = Object.fromEntries(auth.flatMap((entry) => ('header' in entry ? [[entry.header.name, entry.header.value[0]]] : [])));
  if (!basic && bearer) headers.Authorization = `Bearer ${bearer.token[0]}`;
  if (!basic && Object.keys(headers).length === 0) {
    throw new OrderdockError(
      'no_static_credentials',
      'Ordermentum can send basic auth, a bearer token or headers: webhook.auth contains none of them',
    );
  }
  return {
    ...(basic ? { authentication: { basicAuth: { username: basic.username, password: basic.password[0] } } } : {}),
    ...(Object.keys(headers).length > 0 ? { headers } : {}),
  };
}
