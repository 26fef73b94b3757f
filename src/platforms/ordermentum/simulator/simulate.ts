import type { JsonObject } from '../../../domain/values/json.ts';
import type { AuthEntry } from '../../contract/auth-entry.ts';
import type { OutgoingWebhook, Simulation, SimulationOptions } from '../../contract/simulation.ts';
import { kindOfEvent, type OrdermentumKind } from '../events.ts';
import type { OrdermentumSettings } from '../settings.ts';
import { createSimulatedApi } from './api.ts';
import { createWorld, type World } from './world.ts';

/** Simulates Ordermentum. Forms of a webhook: `envelope` (thin, as documented; the default) and `flat` (as seen by receivers). */
export function simulate(settings: OrdermentumSettings, tools: SimulationOptions): Simulation {
  const world = createWorld(settings.api?.supplierId ?? tools.makeId(), tools);
  const answer = createSimulatedApi(world, settings, tools);
  const headers = { 'content-type': 'application/json', ...credentialHeaders(settings.webhook.auth) };
  return {
    answer,
    emit: (eventType, form) => [webhookOf(world, headers, eventType, form)],
    history: [
      { eventType: 'purchaser_created', form: 'flat' },
      { eventType: 'order_created', form: 'flat' },
      { eventType: 'order_created', form: 'envelope' },
      { eventType: 'order_updated', form: 'envelope' },
      { eventType: 'invoice_created', form: 'flat' },
      { eventType: 'invoice_updated', form: 'envelope' },
      { eventType: 'credit_note_created', form: 'flat' },
      { eventType: 'credit_note_completed', form: 'envelope' },
      { eventType: 'purchaser_updated', form: 'envelope' },
    ],
    resources: () =>
      (['order', 'invoice', 'credit-note', 'purchaser'] as const).flatMap((kind) =>
        [...world.resources[kind]].map(([externalId, resource]) => ({ subject: { kind, externalId }, text: JSON.stringify(resource) })),
      ),
  };
}

function webhookOf(world: World, headers: Record<string, string>, eventType: string, form = 'envelope'): OutgoingWebhook {
  const kind = kindOfEvent(eventType);
  const sent = { method: 'POST', path: '', headers, eventType } as const;
  if (kind === null) return { ...sent, body: JSON.stringify({ event: eventType, timestamp: world.tick(), data: {} }), subject: null };
  const resource = world.trigger(kind, eventType);
  const body = form === 'flat' ? { event: eventType, ...resource } : thinBody(world, eventType, kind, resource);
  return { ...sent, body: JSON.stringify(body), subject: { kind, externalId: String(resource.id) } };
}

function thinBody(world: World, event: string, kind: OrdermentumKind, resource: JsonObject): JsonObject {
  const { id, createdAt, updatedAt, total } = resource;
  return { event, timestamp: world.tick(), data: { id, createdAt, updatedAt, ...(kind === 'purchaser' ? {} : { total }) } };
}

/** The headers that Ordermentum would send after a registration: those of the first entry that it supports. */
function credentialHeaders(auth: readonly AuthEntry[]): Record<string, string> {
  const own = auth.flatMap((entry) => ('header' in entry ? [[entry.header.name.toLowerCase(), entry.header.value[0] ?? '']] : []));
  const authorization = auth.flatMap((entry) => {
    if ('basic' in entry) return `Basic ${Buffer.from(`${entry.basic.username}:${entry.basic.password[0]}`).toString('base64')}`;
    return 'bearer' in entry ? `Bearer ${entry.bearer.token[0]}` : [];
  })[0];
  return { ...Object.fromEntries(own), ...(authorization === undefined ? {} : { authorization }) };
}
