import type { Subject } from '../../domain/entity.ts';
import { Hopeless, OrderdockError, RemoteFailure, RemoteMissing } from '../../domain/errors.ts';
import { type Json, objectAt, textAt } from '../../domain/json.ts';
import type { Remote } from '../../remote/remote.ts';
import type { CheckResult, FetchedResource, PlatformApi } from '../contract/api.ts';
import type { SaveSecret } from '../contract/management.ts';
import { type ApiClient, allRows, createLine } from './client.ts';
import { PAGE_SIZE, readChanges, streams } from './lists.ts';
import type { OrdergrooveSettings } from './settings.ts';
import { createWebhookManagement } from './webhooks.ts';

/** The REST API, and the webhook management API beside it: either may be there without the other. */
export function connect(settings: OrdergrooveSettings, remote: Remote, keepSecret?: SaveSecret): PlatformApi | null {
  const { api, management } = settings;
  if (!api && !management) return null;
  const line = api ? createLine(api.baseUrl, api.apiKey, remote) : null;
  const managementLine = createLine(managementUrl(settings), management?.apiKey ?? api?.apiKey ?? [], remote);
  return {
    fetch: async (subject, priority) => fetchSubject({ line: existing(line), priority: priority ?? 'fetch' }, subject),
    streams: line ? streams : [],
    changesSince: async (stream, start) => readChanges(existing(line), stream, start),
    check: () => check(line),
    circuit: (line ?? managementLine).circuit,
    webhooks: createWebhookManagement({
      line: managementLine,
      merchant: async () => management?.merchant ?? (await readMerchant(existing(line))),
      keys: settings.webhook.verificationKey,
      keepSecret,
    }),
  };
}

/** The two APIs are neighbours, in production and in staging: `restapi.ordergroove.com` and `webhooks.ordergroove.com`. */
function managementUrl({ api, management }: OrdergrooveSettings): string {
  if (management?.baseUrl) return management.baseUrl;
  return api ? api.baseUrl.replace(/^(https?:\/\/(?:[^/]+\.)?)restapi\./, '$1webhooks.') : 'https://webhooks.ordergroove.com';
}

/** Every object of a merchant names it. Throws when there is none yet. */
async function readMerchant(line: ApiClient): Promise<string> {
  for (const path of ['/customers/', '/subscriptions/', '/orders/']) {
    const { rows } = await line.page({ method: 'GET', path, query: { page_size: 1 } });
    const merchant = textAt(rows[0]?.merchant);
    if (merchant !== null) return merchant;
  }
  throw new OrderdockError('merchant_unknown', "Set management.merchant to the merchant's public id: there is no object to read it from");
}

function existing(line: ApiClient | null): ApiClient {
  if (!line) throw new Hopeless('no_api', 'The connection has no api: only its webhooks can be managed');
  return line;
}

/** Where a fetch waits for its turn. */
interface Turn {
  line: ApiClient;
  priority: 'fetch' | 'reconcile';
}

async function fetchSubject(turn: Turn, { kind, externalId }: Subject): Promise<FetchedResource> {
  const id = encodeURIComponent(externalId);
  if (kind === 'order') return fetchOrder(turn, externalId);
  if (kind === 'subscription') return whole(await get(turn, `/subscriptions/${id}/`));
  if (kind === 'subscriber') return whole(await get(turn, `/customers/${id}/`));
  if (kind === 'item') return fetchOrderOf(turn, externalId);
  throw new Hopeless('not_fetchable', `There is no call that gives one ${kind}`);
}

/** An order and its items, one call after the other: parallel work on one object is answered 423. */
async function fetchOrder(turn: Turn, id: string): Promise<FetchedResource> {
  const order = await get(turn, `/orders/${encodeURIComponent(id)}/`);
  const { line, priority } = turn;
  const items = await allRows(line, { method: 'GET', path: '/items/', query: { order: id, page_size: PAGE_SIZE }, priority });
  return whole({ order, items });
}

/** The order of an item whose event did not name it. */
async function fetchOrderOf(turn: Turn, itemId: string): Promise<FetchedResource> {
  const item = objectAt(await get(turn, `/items/${encodeURIComponent(itemId)}/`));
  const order = textAt(item.order);
  if (order === null) throw new RemoteMissing('The item belongs to no order');
  return fetchOrder(turn, order);
}

const get = ({ line, priority }: Turn, path: string): Promise<Json> => line.json({ method: 'GET', path, priority });

const whole = (resource: Json): FetchedResource => ({ text: JSON.stringify(resource), partial: false });

async function check(line: ApiClient | null): Promise<CheckResult[]> {
  if (!line) return [{ what: 'Ordergroove API', ok: true, text: 'not configured: events are applied as they come' }];
  try {
    await line.page({ method: 'GET', path: '/orders/', query: { page_size: 1 } });
    return [{ what: 'Ordergroove API', ok: true, text: 'the key is accepted and may list across customers' }];
  } catch (error) {
    if (!(error instanceof RemoteFailure)) throw error;
    const refused = error.status === 401 || error.status === 403;
    const advice = refused ? 'give api.apiKey a valid key with the Bulk Operations permission' : 'check api.baseUrl and the network';
    return [{ what: 'Ordergroove API', ok: false, text: `${error.message}: ${advice}` }];
  }
}
