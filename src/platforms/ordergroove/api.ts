import type { Subject } from '../../domain/entities/entity.ts';
import { OrderdockError, PermanentFailure, RemoteFailure, RemoteMissing } from '../../domain/errors.ts';
import { type Json, type JsonObject, objectAt, textAt } from '../../domain/values/json.ts';
import { outgoingPath } from '../../domain/values/outgoing-path.ts';
import type { Remote } from '../../remote/remote.ts';
import type { CheckResult, FetchedResource, PlatformApi } from '../contract/api.ts';
import { assertSameId } from '../contract/assert-same-id.ts';
import type { SaveSecret } from '../contract/management.ts';
import { type ApiClient, allRows, createApiClient } from './client/client.ts';
import { PAGE_SIZE, readChanges, streams } from './lists.ts';
import type { OrdergrooveSettings } from './settings.ts';
import { createWebhookManagement } from './webhooks.ts';

/** The REST API and the webhook management API: either may be configured without the other. */
export function connect(settings: OrdergrooveSettings, remote: Remote, saveSecret?: SaveSecret): PlatformApi | null {
  const { api, management } = settings;
  if (!api && !management) return null;
  const client = api ? createApiClient(api.baseUrl, api.apiKey, remote) : null;
  const managementClient = createApiClient(managementUrl(settings), management?.apiKey ?? api?.apiKey ?? [], remote, true);
  return {
    fetch: async (subject, priority) => fetchSubject({ client: existing(client), priority: priority ?? 'fetch' }, subject),
    streams: client ? streams : [],
    changesSince: async (stream, start) => readChanges(existing(client), stream, start),
    check: () => check(client),
    circuit: (client ?? managementClient).circuit,
    webhooks: createWebhookManagement({
      client: managementClient,
      merchant: async () => management?.merchant ?? (await readMerchant(existing(client))),
      keys: settings.webhook.verificationKey,
      saveSecret,
    }),
  };
}

/** In production and in staging the two APIs differ only in the first part of the host: `restapi.ordergroove.com` and `webhooks.ordergroove.com`. */
function managementUrl({ api, management }: OrdergrooveSettings): string {
  if (management?.baseUrl) return management.baseUrl;
  return api ? api.baseUrl.replace(/^(https?:\/\/(?:[^/]+\.)?)restapi\./, '$1webhooks.') : 'https://webhooks.ordergroove.com';
}

/** Every object names its merchant. Throws if there is no object yet. */
async function readMerchant(client: ApiClient): Promise<string> {
  for (const path of ['/customers/', '/subscriptions/', '/orders/']) {
    const { rows } = await client.page({ method: 'GET', path, query: { page_size: 1 } });
    const merchant = textAt(rows[0]?.merchant);
    if (merchant !== null) return merchant;
  }
  throw new OrderdockError('merchant_unknown', "Set management.merchant to the merchant's public id: there is no object to read it from");
}

function existing(client: ApiClient | null): ApiClient {
  if (!client) throw new PermanentFailure('api_missing', 'The connection has no api: only its webhooks can be managed');
  return client;
}

/** The client and priority of a fetch. */
interface Turn {
  client: ApiClient;
  priority: 'fetch' | 'reconcile';
}

async function fetchSubject(turn: Turn, { kind, externalId }: Subject): Promise<FetchedResource> {
  if (kind === 'order') return fetchOrder(turn, externalId);
  if (kind === 'subscription') return whole(await read(turn, outgoingPath`/subscriptions/${externalId}/`, externalId));
  if (kind === 'subscriber') return whole(await read(turn, outgoingPath`/customers/${externalId}/`, externalId, 'merchant_user_id'));
  if (kind === 'item') return fetchOrderOf(turn, externalId);
  throw new PermanentFailure('kind_not_fetchable', `The API has no call for a single ${kind}`);
}

/** An order and its items, one call after the other: parallel calls for one object get a 423. */
async function fetchOrder(turn: Turn, id: string): Promise<FetchedResource> {
  const order = await read(turn, outgoingPath`/orders/${id}/`, id);
  const { client, priority } = turn;
  const items = await allRows(client, { method: 'GET', path: '/items/', query: { order: id, page_size: PAGE_SIZE }, priority });
  for (const item of items) named(item, 'public_id');
  return whole({ order, items });
}

/** Finds the order of an item whose event did not name it. */
async function fetchOrderOf(turn: Turn, itemId: string): Promise<FetchedResource> {
  const item = await read(turn, outgoingPath`/items/${itemId}/`, itemId);
  const order = textAt(item.order);
  if (order === null) throw new RemoteMissing('The item belongs to no order');
  return fetchOrder(turn, order);
}

async function read({ client, priority }: Turn, path: string, externalId: string, id = 'public_id'): Promise<JsonObject> {
  const resource = named(objectAt(await client.json({ method: 'GET', path, priority })), id);
  assertSameId(externalId, textAt(resource[id]));
  return resource;
}

/** An error message in the form of a success would leave nothing of what is stored. */
function named(resource: JsonObject, id: string): JsonObject {
  if (textAt(resource[id]) === null) throw new RemoteFailure('remote_unreadable', `The response of the API has no ${id}`, 0);
  return resource;
}

const whole = (resource: Json): FetchedResource => ({ text: JSON.stringify(resource), partial: false });

async function check(client: ApiClient | null): Promise<CheckResult[]> {
  if (!client) return [{ what: 'Ordergroove API', ok: true, text: 'not configured: events are applied as received' }];
  try {
    await client.page({ method: 'GET', path: '/orders/', query: { page_size: 1 } });
    return [{ what: 'Ordergroove API', ok: true, text: 'the key is accepted and may list across customers' }];
  } catch (error) {
    if (!(error instanceof RemoteFailure)) throw error;
    const refused = error.status === 401 || error.status === 403;
    const advice = refused ? 'give api.apiKey a valid key with the Bulk Operations permission' : 'check api.baseUrl and the network';
    return [{ what: 'Ordergroove API', ok: false, text: `${error.message}: ${advice}` }];
  }
}
