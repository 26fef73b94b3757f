import { OrderdockError } from '../../domain/errors.ts';
import { type Json, type JsonObject, listAt, objectAt, textAt } from '../../domain/json.ts';
import { outgoingPath } from '../../domain/outgoing-path.ts';
import { readTime } from '../../domain/time.ts';
import type { AuthEntry } from '../contract/auth-entry.ts';
import type { RegisteredWebhook, WebhookManagement } from '../contract/management.ts';
import type { ApiClient } from './client/client.ts';
import { ordermentumEvents } from './events.ts';
import { PAGE_SIZE, readListPage } from './lists.ts';
import { unwrapped } from './read/members.ts';

const PATH = '/v1/webhooks';
const allEvents = () => ordermentumEvents.map((event) => event.type);

/** Webhooks belong to a supplier. They are registered with the connection's own credentials, which never leave this module. */
export function createWebhookManagement(client: ApiClient, auth: readonly AuthEntry[]): WebhookManagement {
  const send = async (method: 'POST' | 'PUT', path: string, body: JsonObject) =>
    readWebhook(await client.json({ method, path, body, budgets: ['webhooks'] }), body);
  return {
    list: () => listWebhooks(client),
    register: (url, events) => {
      const entity = { name: nameFor(url), entityId: client.api.supplierId, entityType: 'supplier' };
      return send('POST', PATH, { url, events: events ?? allEvents(), ...entity, ...credentialsFor(auth) });
    },
    update: async (id, url, events) => {
      const body = { url, ...(events === null ? {} : { events }), ...credentialsFor(auth) };
      const updated = await send('PUT', PATH + outgoingPath`/${id}`, body);
      return { ...updated, id: updated.id || id };
    },
    delete: async (id) => {
      await client.json({ method: 'DELETE', path: PATH + outgoingPath`/${id}`, budgets: ['webhooks'] });
    },
  };
}

const nameFor = (url: string): string => `Orderdock ${url.split('/').at(-1) ?? ''}`.trim();

async function listWebhooks(client: ApiClient): Promise<RegisteredWebhook[]> {
  const found: RegisteredWebhook[] = [];
  for (let pageNo = 1; ; pageNo++) {
    const query = { supplierId: client.api.supplierId, pageNo, pageSize: PAGE_SIZE };
    const page = readListPage(await client.json({ method: 'GET', path: PATH, query, budgets: ['webhooks'] }), pageNo);
    found.push(...page.rows.map((row) => readWebhook(row, {})));
    if (!page.more) return found;
  }
}

// Whether url and credentials are echoed is not documented: what is not echoed is what was asked for.
function readWebhook(answer: Json, asked: JsonObject): RegisteredWebhook {
  const webhook = unwrapped(objectAt(answer));
  return {
    id: textAt(webhook.id) ?? '',
    url: textAt(webhook.url) ?? textAt(asked.url),
    events: listAt(webhook.events ?? asked.events).flatMap((event) => textAt(event) ?? []),
    enabled: readTime(webhook.deletedAt) === null,
  };
}

/**
 * What Ordermentum is to repeat with each call: basic auth, with own headers beside it, or a bearer token. Never basic and bearer at once:
 * both claim the `Authorization` header, and which of them wins is not documented.
 */
function credentialsFor(auth: readonly AuthEntry[]): JsonObject {
  const basic = auth.flatMap((entry) => ('basic' in entry ? [entry.basic] : []))[0];
  const bearer = auth.flatMap((entry) => ('bearer' in entry ? [entry.bearer] : []))[0];
  const headers = Object.fromEntries(auth.flatMap((entry) => ('header' in entry ? [[entry.header.name, entry.header.value[0]]] : [])));
  if (!basic && bearer) headers.Authorization = `Bearer ${bearer.token[0]}`;
  if (!basic && Object.keys(headers).length === 0) {
    throw new OrderdockError(
      'no_static_credentials',
      'Ordermentum can send basic auth, a bearer token or headers: webhook.auth has none of them',
    );
  }
  return {
    ...(basic ? { authentication: { basicAuth: { username: basic.username, password: basic.password[0] } } } : {}),
    ...(Object.keys(headers).length > 0 ? { headers } : {}),
  };
}
