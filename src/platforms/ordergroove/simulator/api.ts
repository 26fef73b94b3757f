import { readTime } from '../../../domain/values/time.ts';
import { createCallLimit } from '../../contract/call-limit.ts';
import type { SimulatedRequest, SimulatedResponse, SimulationOptions } from '../../contract/simulation.ts';
import { matchSecret } from '../../signature.ts';
import { readCentral } from '../read/central-time.ts';
import { answer, missing } from './responses.ts';
import { createTargets, MANAGEMENT_PATH } from './targets.ts';
import type { Kind, World } from './world.ts';

interface Collection {
  kind: Kind;
  /** The member to which a list's time filter applies. */
  time: string;
  /** The name of the filter for "changed since". */
  filter: string;
  /** Its other filters, as far as we use them. */
  filters: readonly string[];
}

// developer.ordergroove.com, API rate limits (read 2026-07): per IP address; a 429 may be retried at any time.
const CALLS_PER_MINUTE = 6000;

const PAGING = ['page_size', 'cursor'];

const COLLECTIONS: Readonly<Record<string, Collection>> = {
  orders: { kind: 'order', time: 'updated', filter: 'updated_start', filters: ['customer'] },
  items: { kind: 'item', time: 'order_updated', filter: 'order_updated_start', filters: ['order', 'subscription'] },
  subscriptions: { kind: 'subscription', time: 'updated', filter: 'updated_start', filters: ['customer'] },
  customers: { kind: 'subscriber', time: 'last_updated', filter: 'updated_start', filters: ['customer'] },
  entitlements: { kind: 'entitlement', time: 'last_updated', filter: '', filters: ['customer'] },
};

/** The simulated REST API and, below a separate path, the webhook management API, which in reality is on another host. */
export function createSimulatedApi(
  world: World,
  apiKeys: readonly string[],
  tools: SimulationOptions,
): (request: SimulatedRequest) => SimulatedResponse {
  const targets = createTargets(world, tools);
  const admits = createCallLimit(CALLS_PER_MINUTE, 60_000);
  return (request) => {
    if (!admits(tools.now().getTime())) return answer(429, { detail: 'Too many requests.' });
    if (matchSecret(request.headers['x-api-key'] ?? '', apiKeys) < 0) return answer(403, { detail: 'Authentication Failed' });
    if (request.path.startsWith(`${MANAGEMENT_PATH}/`)) return targets(request);
    const [name = '', ...rest] = request.path.split('/').filter(Boolean).map(decodeURIComponent);
    const collection = Object.hasOwn(COLLECTIONS, name) ? COLLECTIONS[name] : undefined;
    if (!collection || request.method !== 'GET') return missing();
    const [id] = rest;
    if (id === undefined) return answerList(world, collection, name, request.query, tools.baseUrl);
    const found = world.objects[collection.kind].get(id);
    return found ? answer(200, found) : missing();
  };
}

function answerList(
  world: World,
  { kind, time, filter, filters }: Collection,
  name: string,
  query: Record<string, string>,
  baseUrl: string,
): SimulatedResponse {
  const unknown = Object.keys(query).find((one) => ![...PAGING, ...filters, filter].includes(one));
  if (unknown !== undefined) return answer(400, { [unknown]: 'Unknown filter.' });
  if (query[filter] !== undefined && !/^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d)?$/.test(query[filter]))
    return answer(400, { [filter]: 'Enter a valid date.' });
  const since = readCentral(query[filter] ?? '')?.toISOString() ?? '';
  const size = Math.min(Number(query.page_size ?? 10) || 10, 100);
  const from = Number(query.cursor ?? 0) || 0;
  const rows = [...world.objects[kind].values()]
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
