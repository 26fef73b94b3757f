import { isObject, type JsonObject, listAt, objectAt, parseJson, textAt } from '../../../domain/values/json.ts';
import type { SimulatedRequest, SimulatedResponse, SimulationOptions } from '../../contract/simulation.ts';
import { matchSecret } from '../../signature.ts';
import { ordermentumEvents } from '../events.ts';
import type { OrdermentumSettings } from '../settings.ts';
import { answerJson, missing, refusal } from './responses.ts';

/** Below the simulator's base: the host named on the registration page, which requires a bearer token. */
export const APP_PATH = '/app';

/** `/v1/webhooks` of the app's host. Registered webhooks receive nothing: the sandbox has its own sender. */
export function createRegistrations(
  settings: OrdermentumSettings,
  tools: SimulationOptions,
): (request: SimulatedRequest) => SimulatedResponse {
  const webhooks = new Map<string, JsonObject>();
  return (request) => {
    const [, bearer = ''] = /^Bearer (.+)$/.exec(request.headers.authorization ?? '') ?? [];
    if (matchSecret(bearer, settings.api?.token ?? []) < 0)
      return answerJson(401, { message: 'Unauthorized', name: 'AuthError', code: 401 });
    const [, , collection, id] = request.path.split('/').filter(Boolean);
    if (collection !== 'webhooks') return missing();
    if (id === undefined && request.method === 'GET') return list(webhooks, request.query, settings.api?.supplierId);
    return write(webhooks, request, id, tools);
  };
}

function list(webhooks: ReadonlyMap<string, JsonObject>, query: Record<string, string>, supplierId: string | undefined): SimulatedResponse {
  const unknown = Object.keys(query).filter((name) => !['supplierId', 'retailerId', 'pageNo', 'pageSize'].includes(name));
  if (unknown.length > 0) return refusal(`"${unknown[0]}" is not allowed`);
  const data = query.supplierId === supplierId ? [...webhooks.values()] : [];
  return answerJson(200, { data, meta: { totalResults: data.length, totalPages: 1, pageSize: 25, pageNo: 1 } });
}

function write(
  webhooks: Map<string, JsonObject>,
  request: SimulatedRequest,
  id: string | undefined,
  tools: SimulationOptions,
): SimulatedResponse {
  const known = id === undefined ? { id: tools.makeId(), createdAt: tools.now().toISOString(), deletedAt: null } : webhooks.get(id);
  if (!known || (id === undefined) !== (request.method === 'POST')) return missing();
  if (request.method === 'DELETE') webhooks.delete(String(known.id));
  if (request.method === 'DELETE') return { status: 204, body: '' };
  if (request.method === 'GET') return answerJson(200, known);
  const sent = readBody(request.body);
  const fault = faultOf(sent, request.method === 'POST');
  if (fault !== null) return refusal(fault);
  const { url, name, events, entityId, entityType } = sent;
  const given = Object.entries({ url, name, events, supplierId: entityId, entityType }).filter(([, value]) => value !== undefined);
  const webhook = { ...known, ...Object.fromEntries(given), updatedAt: tools.now().toISOString() };
  webhooks.set(String(known.id), webhook);
  return answerJson(request.method === 'POST' ? 201 : 200, webhook);
}

const MEMBERS = ['url', 'name', 'events', 'entityId', 'entityType', 'authentication', 'headers'];

/** Refuses members that the registration page does not show, and unknown events. */
function faultOf(sent: JsonObject, whole: boolean): string | null {
  const unknown = Object.keys(sent).find((name) => !MEMBERS.includes(name));
  if (unknown !== undefined) return `"${unknown}" is not allowed`;
  const missingMember = MEMBERS.slice(0, 5).find((name) => sent[name] === undefined);
  if (whole && missingMember !== undefined) return `"${missingMember}" is required`;
  if (sent.url !== undefined && !URL.canParse(textAt(sent.url) ?? '')) return '"url" must be a valid uri';
  const types = new Set(ordermentumEvents.map(({ type }) => type));
  const event = listAt(sent.events).find((one) => !types.has(textAt(one) ?? ''));
  return event === undefined ? null : `"events" does not allow ${textAt(event)}`;
}

function readBody(text: string): JsonObject {
  try {
    const body = parseJson(text);
    return isObject(body) ? body : {};
  } catch {
    return objectAt(null);
  }
}
