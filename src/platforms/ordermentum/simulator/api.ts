import { isObject, type Json, type JsonObject, objectAt, parseJson } from '../../../domain/json.ts';
import type { SimulatedRequest, SimulatedResponse, SimulationOptions } from '../../contract/simulation.ts';
import { matchSecret } from '../../signature.ts';
import type { OrdermentumKind } from '../events.ts';
import type { World } from './world.ts';

interface Place {
  kind: OrdermentumKind;
  /** Calls a minute, as published; invoices and credit notes as our own client assumes. */
  calls: number;
  form: 'list' | 'detail';
  /** Members of a list's row; null: all. */
  row: readonly string[] | null;
}

const ORDER_ROW = ['id', 'status', 'createdAt', 'updatedAt', 'subtotal', 'totalGst', 'total', 'deliveredAt'];
const INVOICE_ROW = ['id', 'number', 'status', 'createdAt', 'updatedAt', 'dueAt', 'total'];

const places: Record<string, Place> = {
  '/v2/orders': { kind: 'order', calls: 40, form: 'list', row: ORDER_ROW },
  '/v1/orders': { kind: 'order', calls: 24, form: 'detail', row: null },
  '/v2/invoices': { kind: 'invoice', calls: 40, form: 'list', row: INVOICE_ROW },
  '/v1/invoices': { kind: 'invoice', calls: 40, form: 'detail', row: null },
  '/v1/credit-notes': { kind: 'credit-note', calls: 40, form: 'list', row: null },
  '/v1/purchasers': { kind: 'purchaser', calls: 40, form: 'list', row: null },
};

const answerJson = (status: number, body: Json, headers: Record<string, string> = {}): SimulatedResponse => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
});
const missing = () => answerJson(404, { message: 'Not found', name: 'NotFoundError', code: 404 });

/** The simulated REST API: key, limits a minute, lists by `updatedAt`, details, and the webhook registrations. */
export function createSimulatedApi(world: World, keys: readonly string[], tools: SimulationOptions) {
  const called = new Map<string, number[]>();
  const webhooks = new Map<string, JsonObject>();
  const isOverLimit = (name: string, calls: number): boolean => {
    const nowMs = tools.now().getTime();
    const lately = (called.get(name) ?? []).filter((at) => at > nowMs - 60_000);
    called.set(name, lately.length < calls ? [...lately, nowMs] : lately);
    return lately.length >= calls;
  };
  return (request: SimulatedRequest): SimulatedResponse => {
    if (matchSecret(request.headers['x-api-key'] ?? '', keys) < 0) return answerJson(401, { error: 'API key required' });
    const [version, collection, id] = request.path.split('/').filter(Boolean);
    const root = `/${version}/${collection}`;
    if (root === '/v1/webhooks') return answerWebhooks(webhooks, request, id, tools);
    const place = places[root];
    if (!place || request.method !== 'GET' || (id === undefined && place.form === 'detail')) return missing();
    const limited = id !== undefined && place.kind === 'order' ? 'order-detail' : root;
    if (isOverLimit(limited, place.calls)) return answerJson(429, { message: 'Too many requests' }, { 'retry-after': '60' });
    if (id === undefined) return answerList(world, place, request.query);
    const resource = world.held[place.kind].get(decodeURIComponent(id));
    return resource ? answerJson(200, resource) : missing();
  };
}

function answerList(world: World, place: Place, query: Record<string, string>): SimulatedResponse {
  const from = query['updatedAt[gte]'] ?? '';
  const matching = [...world.held[place.kind].values()]
    .filter((resource) => String(resource.updatedAt) >= from)
    .sort((a, b) => (String(a.updatedAt) < String(b.updatedAt) ? -1 : 1));
  const pageSize = Math.min(100, Math.max(1, Number(query.pageSize) || 25));
  const pageNo = Math.max(1, Number(query.pageNo) || 1);
  const data = matching.slice((pageNo - 1) * pageSize, pageNo * pageSize).map((resource) => rowOf(place, resource));
  return answerJson(200, { data, meta: { totalResults: matching.length, pageSize, pageNo } });
}

const rowOf = ({ row }: Place, resource: JsonObject): JsonObject =>
  row === null ? resource : Object.fromEntries(row.map((name) => [name, resource[name]]));

function answerWebhooks(
  webhooks: Map<string, JsonObject>,
  request: SimulatedRequest,
  id: string | undefined,
  tools: SimulationOptions,
): SimulatedResponse {
  if (id === undefined && request.method === 'GET') {
    const data = [...webhooks.values()];
    return answerJson(200, { data, meta: { totalResults: data.length, totalPages: 1, pageSize: data.length, pageNo: 1 } });
  }
  const known = id === undefined ? { id: tools.makeId(), createdAt: tools.now().toISOString(), deletedAt: null } : webhooks.get(id);
  if (!known) return missing();
  if (request.method === 'DELETE') webhooks.delete(String(known.id));
  if (request.method !== 'POST' && request.method !== 'PUT') return answerJson(request.method === 'DELETE' ? 204 : 200, known);
  const { url, name, events, entityId } = readBody(request.body);
  const told = Object.fromEntries(Object.entries({ url, name, events, supplierId: entityId }).filter(([, value]) => value !== undefined));
  const webhook = { ...known, ...told, updatedAt: tools.now().toISOString() };
  webhooks.set(String(known.id), webhook);
  return answerJson(request.method === 'POST' ? 201 : 200, webhook);
}

function readBody(text: string): JsonObject {
  try {
    const body = parseJson(text);
    return isObject(body) ? body : {};
  } catch {
    return objectAt(null);
  }
}
