import { isObject, type Json, type JsonObject, listAt, parseJson, textAt } from '../../../domain/values/json.ts';
import type { SimulatedRequest, SimulatedResponse, SimulationOptions } from '../../contract/simulation.ts';
import { orishaEvents } from '../events.ts';
import type { OrishaSettings } from '../settings.ts';

/** The simulated management endpoint, as in the settings of a sandbox connection; the vendor's own is unpublished. */
export const sandboxManagement = {
  list: { path: '/administrations/{administration}/webhooks', items: '/items' },
  register: { path: '/administrations/{administration}/webhooks', body: { url: '{url}', eventTypes: '{events}' } },
  reset: { path: '/administrations/{administration}/webhooks/{id}/secret' },
  delete: { path: '/administrations/{administration}/webhooks/{id}' },
} as const;

const MOST_WEBHOOKS = 3;
const PATH = /^\/administrations\/([^/]+)\/webhooks(?:\/([^/]+))?(\/secret)?$/;

/** Null if the path does not belong to the management endpoint. Secrets are shown once: when a webhook is created and when its secret is reset. */
export function createRegistrations(
  settings: OrishaSettings,
  tools: SimulationOptions,
): (request: SimulatedRequest) => SimulatedResponse | null {
  const webhooks = new Map<string, { administration: string; shown: JsonObject }>();
  return ({ method, path, body }) => {
    const match = PATH.exec(path);
    if (!match) return null;
    const [administration = '', id] = match.slice(1).map((part) => (part === undefined ? undefined : decodeURIComponent(part)));
    if (settings.webhook.administrations?.includes(administration) === false) return refusal(404, 'Unknown administration');
    const ofAdministration = [...webhooks.values()].filter((one) => one.administration === administration);
    if (id === undefined && method === 'GET') return answer(200, { items: ofAdministration.map(({ shown }) => shown) });
    if (id === undefined) {
      const shown = { id: tools.makeId(), ...readWanted(body) };
      const fault = method === 'POST' ? faultOf(shown, ofAdministration.length) : 'Not allowed';
      if (fault !== null) return refusal(fault.startsWith('There is room') ? 409 : 400, fault);
      webhooks.set(shown.id, { administration, shown });
      return answer(201, { ...shown, secret: tools.makeId() });
    }
    if (webhooks.get(id)?.administration !== administration) return refusal(404, 'Unknown webhook');
    if (match[3] !== undefined && method === 'POST') return answer(200, { secret: tools.makeId() });
    if (method !== 'DELETE') return refusal(405, 'Not allowed');
    webhooks.delete(id);
    return { status: 204, body: '' };
  };
}

function faultOf({ url, eventTypes }: JsonObject, taken: number): string | null {
  if (taken >= MOST_WEBHOOKS) return `There is room for ${MOST_WEBHOOKS} webhooks`;
  if (!URL.canParse(textAt(url) ?? '')) return 'url is not an address';
  const types = new Set(orishaEvents.map(({ type }) => type));
  const unknown = listAt(eventTypes).find((one) => !types.has(textAt(one) ?? ''));
  return unknown === undefined && listAt(eventTypes).length > 0 ? null : 'eventTypes has an unknown event type, or none';
}

function readWanted(body: string): JsonObject {
  try {
    const sent = parseJson(body);
    return isObject(sent) ? { url: sent.url ?? null, eventTypes: sent.eventTypes ?? [] } : {};
  } catch {
    return {};
  }
}

const answer = (status: number, body: Json): SimulatedResponse => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});
const refusal = (status: number, title: string): SimulatedResponse => answer(status, { title, status });
