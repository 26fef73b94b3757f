import { isObject, type Json, type JsonObject, objectAt, parseJson, textAt } from '../../../domain/json.ts';
import { readTime } from '../../../domain/time.ts';
import type { SimulatedRequest, SimulatedResponse, SimulationOptions } from '../../contract/simulation.ts';
import { matchSecret } from '../../signature.ts';
import { readCentral } from '../read/central-time.ts';
import type { Held, World } from './world.ts';

interface Collection {
  held: Held;
  /** The member that a list's times filter by. */
  time: string;
  /** The name of the filter for "changed since". */
  filter: string;
}

const COLLECTIONS: Readonly<Record<string, Collection>> = {
  orders: { held: 'order', time: 'updated', filter: 'updated_start' },
  items: { held: 'item', time: 'order_updated', filter: 'order_updated_start' },
  subscriptions: { held: 'subscription', time: 'updated', filter: 'updated_start' },
  customers: { held: 'subscriber', time: 'last_updated', filter: 'updated_start' },
  entitlements: { held: 'entitlement', time: 'last_updated', filter: '' },
};

const answer = (status: number, body: Json): SimulatedResponse => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});
const missing = () => answer(404, { detail: 'Unable to find requested asset.' });

/** The simulated REST API and webhook management API, below one address. */
export function createSimulatedApi(
  world: World,
  apiKeys: readonly string[],
  tools: SimulationOptions,
): (request: SimulatedRequest) => SimulatedResponse {
  const targets = createTargets(world, tools);
  return (request) => {
    if (matchSecret(request.headers['x-api-key'] ?? '', apiKeys) < 0) return answer(403, { detail: 'Authentication Failed' });
    const [name = '', ...rest] = request.path.split('/').filter(Boolean).map(decodeURIComponent);
    if (name === 'webhook_targets') return targets(request, rest);
    const collection = Object.hasOwn(COLLECTIONS, name) ? COLLECTIONS[name] : undefined;
    if (!collection || request.method !== 'GET') return missing();
    const [id] = rest;
    if (id === undefined) return answerList(world, collection, name, request.query, tools.baseUrl);
    const found = world.held[collection.held].get(id);
    return found ? answer(200, found) : missing();
  };
}

function answerList(
  world: World,
  { held, time, filter }: Collection,
  name: string,
  query: Record<string, string>,
  baseUrl: string,
): SimulatedResponse {
  const since = readCentral(query[filter] ?? '')?.toISOString() ?? '';
  const size = Math.min(Number(query.page_size ?? 10) || 10, 100);
  const from = Number(query.cursor ?? 0) || 0;
  const rows = [...world.held[held].values()]
    .filter((row) => (readTime(row[time]) ?? '') >= since)
    .filter((row) => query.order === undefined || row.order === query.order)
    .filter((row) => query.customer === undefined || row.customer === query.customer);
  const next = new URLSearchParams({ ...query, cursor: String(from + size) });
  return answer(200, {
    next: from + size < rows.length ? `${baseUrl.replace(/\/+$/, '')}/${name}/?${next}` : null,
    previous: null,
    results: rows.slice(from, from + size),
  });
}

interface Target {
  shown: JsonObject;
  filters: Map<string, JsonObject>;
  keys: string[];
}

/** Webhook targets with their filters and signing keys. Nothing is sent to them: the sandbox has its own sender. */
function createTargets(world: World, tools: SimulationOptions): (request: SimulatedRequest, path: string[]) => SimulatedResponse {
  const targets = new Map<string, Target>();
  const atSeconds = () => Math.floor(tools.now().getTime() / 1000);
  const list = (results: Json[]) => answer(200, { next: null, previous: null, results });
  return ({ method, body }, [id, part, last]) => {
    const sent = readSent(body);
    if (id === undefined && method === 'GET') return list([...targets.values()].map(({ shown }) => shown));
    if (id === undefined) {
      const shown = { id: world.makeId(), merchant: world.merchant, ...sent, created: atSeconds(), updated: atSeconds() };
      targets.set(shown.id, { shown, filters: new Map(), keys: [world.makeId()] });
      return answer(201, shown);
    }
    const target = targets.get(id);
    if (!target) return answer(404, { detail: 'Not found.' });
    if (part === undefined)
      return answer(200, method === 'PATCH' ? Object.assign(target.shown, sent, { updated: atSeconds() }) : target.shown);
    if (part === 'signing_key') return answerKey(target, world, last === 'rotate', atSeconds());
    if (last === undefined && method === 'GET') return list([...target.filters.values()]);
    const filterId = last ?? world.makeId();
    if (method === 'DELETE') return { status: target.filters.delete(filterId) ? 204 : 404, body: '' };
    const filter = { id: filterId, target: id, pattern: textAt(sent.pattern), created: atSeconds() };
    target.filters.set(filterId, filter);
    return answer(last === undefined ? 201 : 200, filter);
  };
}

function answerKey(target: Target, world: World, rotate: boolean, atSeconds: number): SimulatedResponse {
  const [current = ''] = target.keys;
  if (!rotate) return answer(200, { signing_key: current });
  target.keys = [world.makeId(), current];
  return answer(200, { signing_key: target.keys[0] ?? '', expiring_signing_key: current, signing_key_expiry: atSeconds + 86_400 });
}

function readSent(body: string): JsonObject {
  if (body === '') return {};
  const sent = parseJson(body);
  return isObject(sent) ? sent : objectAt(null);
}
