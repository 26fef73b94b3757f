import type { JsonObject } from '../../../domain/values/json.ts';
import { createCallLimit } from '../../contract/call-limit.ts';
import type { SimulatedRequest, SimulatedResponse, SimulationOptions } from '../../contract/simulation.ts';
import { matchSecret } from '../../signature.ts';
import type { OrdermentumKind } from '../events.ts';
import type { OrdermentumSettings } from '../settings.ts';
import { APP_PATH, createRegistrations } from './registrations.ts';
import { answerJson, missing, refusal } from './responses.ts';
import type { World } from './world.ts';

interface Place {
  kind: OrdermentumKind;
  /** Calls per minute as published; for invoices and credit notes, as assumed by our own client. */
  calls: number;
  form: 'list' | 'detail';
  /** Members of a list row; null for all. */
  row: readonly string[] | null;
}

const ORDER_ROW = ['id', 'status', 'createdAt', 'updatedAt', 'subtotal', 'totalGst', 'total', 'deliveredAt'];
const INVOICE_ROW = ['id', 'number', 'status', 'createdAt', 'updatedAt', 'dueAt', 'total'];

const places: Record<string, Place> = {
  '/v2/orders': { kind: 'order', calls: 40, form: 'list', row: ORDER_ROW },
  '/v1/orders': { kind: 'order', calls: 24, form: 'detail', row: null },
  '/v2/invoices': { kind: 'invoice', calls: 24, form: 'list', row: INVOICE_ROW },
  '/v1/invoices': { kind: 'invoice', calls: 24, form: 'detail', row: null },
  '/v1/credit-notes': { kind: 'credit-note', calls: 24, form: 'list', row: null },
  '/v1/purchasers': { kind: 'purchaser', calls: 40, form: 'list', row: null },
};

/** The simulated REST API (key, limits per minute, lists by `updatedAt`, details) and the app's host with the webhook registrations. */
export function createSimulatedApi(world: World, settings: OrdermentumSettings, tools: SimulationOptions) {
  const { apiKey = [], token = [] } = settings.api ?? {};
  const registrations = createRegistrations(settings, tools);
  const limits = new Map<string, (nowMs: number) => boolean>();
  const isOverLimit = (name: string, calls: number): boolean => {
    const admits = limits.get(name) ?? createCallLimit(calls, 60_000);
    limits.set(name, admits);
    return !admits(tools.now().getTime());
  };
  // If a connection has a key, a legacy token alone is not enough.
  const isAuthorized = ({ headers }: SimulatedRequest): boolean =>
    apiKey.length > 0
      ? matchSecret(headers['x-api-key'] ?? '', apiKey) >= 0
      : matchSecret((headers.authorization ?? '').replace(/^Bearer /, ''), token) >= 0;
  return (request: SimulatedRequest): SimulatedResponse => {
    if (request.path.startsWith(`${APP_PATH}/`)) return registrations(request);
    if (!isAuthorized(request)) return answerJson(401, { error: 'API key required' });
    const [version, collection, id] = request.path.split('/').filter(Boolean);
    const root = `/${version}/${collection}`;
    const place = places[root];
    if (!place || request.method !== 'GET' || (id === undefined && place.form === 'detail')) return missing();
    const limited = id !== undefined && place.kind === 'order' ? 'order-detail' : root;
    if (isOverLimit(limited, place.calls)) return answerJson(429, { message: 'Too many requests' }, { 'retry-after': '60' });
    if (id === undefined) return answerList(world, place, request.query);
    const resource = world.resources[place.kind].get(decodeURIComponent(id));
    return resource ? answerJson(200, resource) : missing();
  };
}

const FILTERS = [
  'supplierId',
  'pageSize',
  'pageNo',
  ...['createdAt', 'updatedAt'].flatMap((name) => ['gte', 'lte', 'gt', 'lt'].map((test) => `${name}[${test}]`)),
];

/** An unsupported filter gets a 400, as seen for `retailerId` in a supplier's list of orders (a user's code, 2026-11). */
function answerList(world: World, place: Place, query: Record<string, string>): SimulatedResponse {
  const unknown = Object.keys(query).find((name) => !FILTERS.includes(name));
  if (unknown !== undefined) return refusal(`"${unknown}" is not allowed`);
  const from = query['updatedAt[gte]'] ?? '';
  const matching = [...world.resources[place.kind].values()]
    .filter((resource) => String(resource.updatedAt) >= from)
    .sort((a, b) => (String(a.updatedAt) < String(b.updatedAt) ? -1 : 1));
  const pageSize = Math.min(100, Math.max(1, Number(query.pageSize) || 25));
  const pageNo = Math.max(1, Number(query.pageNo) || 1);
  const data = matching.slice((pageNo - 1) * pageSize, pageNo * pageSize).map((resource) => rowOf(place, resource));
  return answerJson(200, { data, meta: { totalResults: matching.length, pageSize, pageNo } });
}

const rowOf = ({ row }: Place, resource: JsonObject): JsonObject =>
  row === null ? resource : Object.fromEntries(row.map((name) => [name, resource[name]]));
