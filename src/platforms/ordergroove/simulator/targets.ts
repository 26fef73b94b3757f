import { isObject, type Json, type JsonObject, objectAt, parseJson, textAt } from '../../../domain/values/json.ts';
import type { SimulatedRequest, SimulatedResponse, SimulationOptions } from '../../contract/simulation.ts';
import { ordergrooveEvents } from '../events.ts';
import { answer } from './responses.ts';
import type { World } from './world.ts';

/** Below the simulator's base; in reality a separate host, `webhooks.ordergroove.com`. */
export const MANAGEMENT_PATH = '/webhooks-api';

const MOST_TARGETS = 10;

interface Target {
  shown: JsonObject;
  filters: Map<string, JsonObject>;
  keys: string[];
}

/** Webhook targets with their filters, signing keys and metrics. They receive nothing: the sandbox has its own sender. */
export function createTargets(world: World, tools: SimulationOptions): (request: SimulatedRequest) => SimulatedResponse {
  const targets = new Map<string, Target>();
  const atSeconds = () => Math.floor(tools.now().getTime() / 1000);
  return ({ method, path, body }) => {
    const [name, id, part, last] = path.slice(MANAGEMENT_PATH.length).split('/').filter(Boolean).map(decodeURIComponent);
    if (name !== 'webhook_targets') return answer(404, { detail: 'Not found.' });
    const sent = readSent(body);
    if (id === undefined && method === 'GET') return list([...targets.values()].map(({ shown }) => shown));
    if (id === undefined) return createTarget(targets, sent, world, atSeconds());
    const target = targets.get(id);
    if (!target) return answer(404, { detail: 'Not found.' });
    if (part === undefined && method === 'DELETE') return answer(405, { detail: 'Method "DELETE" not allowed.' });
    if (part === undefined)
      return answer(200, method === 'PATCH' ? Object.assign(target.shown, sent, { updated: atSeconds() }) : target.shown);
    if (part === 'signing_key') return answerKey(target, world, last === 'rotate', atSeconds());
    if (part === 'metrics') return answer(200, { failed: 0, successful: 0, successful_retries: 0, pending_delivery: 0 });
    return answerFilters(target, id, { method, filterId: last, pattern: textAt(sent.pattern) }, world, atSeconds());
  };
}

const list = (results: Json[]) => answer(200, { next: null, previous: null, results });

function createTarget(targets: Map<string, Target>, sent: JsonObject, world: World, atSeconds: number): SimulatedResponse {
  for (const required of ['merchant', 'target_url'])
    if (!textAt(sent[required])) return answer(400, { [required]: 'This field is required.' });
  if (targets.size >= MOST_TARGETS) return answer(400, { detail: 'The limit of webhook targets is reached.' });
  const shown = { id: world.makeId(), ...sent, created: atSeconds, updated: atSeconds };
  targets.set(shown.id, { shown, filters: new Map(), keys: [world.makeId()] });
  return answer(201, shown);
}

function answerFilters(
  target: Target,
  id: string,
  { method, filterId, pattern }: { method: string; filterId: string | undefined; pattern: string | null },
  world: World,
  created: number,
): SimulatedResponse {
  if (filterId === undefined && method === 'GET') return list([...target.filters.values()]);
  if (filterId !== undefined && !target.filters.has(filterId)) return answer(404, { detail: 'Not found.' });
  if (method === 'DELETE') return { status: target.filters.delete(filterId ?? '') ? 204 : 404, body: '' };
  const fault = faultOf(pattern);
  if (fault !== null) return answer(400, { pattern: fault });
  const filter = { id: filterId ?? world.makeId(), target: id, pattern, created };
  target.filters.set(filter.id, filter);
  return answer(filterId === undefined ? 201 : 200, filter);
}

const NAMES = new Set(ordergrooveEvents.flatMap(({ type }) => [type, `${type.slice(0, type.indexOf('.'))}.*`]));

/** All documented patterns use plain names: an escaped or unknown one would match nothing. */
function faultOf(pattern: string | null): string | null {
  if (!pattern) return 'This field is required.';
  const unknown = pattern.split('|').find((name) => !NAMES.has(name));
  return unknown === undefined ? null : `Invalid pattern: ${unknown}`;
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
