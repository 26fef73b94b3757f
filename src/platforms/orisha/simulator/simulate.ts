import type { Subject } from '../../../domain/entities/entity.ts';
import type { JsonObject } from '../../../domain/values/json.ts';
import type { OutgoingWebhook, Simulation, SimulationOptions } from '../../contract/simulation.ts';
import { codesOfKind, findEvent, type OrishaEvent, type OrishaKind, orishaEvents } from '../events.ts';
import { externalIdOf } from '../read/codes.ts';
import type { OrishaSettings } from '../settings.ts';
import { createSimulatedApi } from './api.ts';
import { createWorld } from './world.ts';

/** Simulates Orisha Commerce. Forms of a body: `pascal` (as the published table names the codes; the default) and `camel`. */
export function simulate(settings: OrishaSettings, tools: SimulationOptions): Simulation {
  const world = createWorld(tools);
  const administration = settings.webhook.administrations?.[0] ?? '1001';
  const userId = tools.makeId();
  const webhookOf = (eventType: string, subject: Subject | null, body: JsonObject): OutgoingWebhook => ({
    method: 'POST',
    path: '',
    headers: {
      'content-type': 'application/json',
      'x-event-id': tools.makeId(),
      'x-event-type': eventType,
      'x-secret': settings.webhook.secret[0] ?? '',
      'x-administration-code': administration,
      'x-triggeredby-id': userId,
    },
    body: JSON.stringify(body),
    eventType,
    subject,
  });
  const emit = (eventType: string, form = 'pascal'): OutgoingWebhook[] => {
    const silent = silentChanges.get(eventType);
    if (silent) world.change(silent);
    if (silent) return [];
    const event = findEvent(eventType);
    if (event === null) return [webhookOf(eventType, null, {})];
    return world.trigger(event).map(({ kind, codes }) => {
      const body = Object.fromEntries(codesOfKind[kind].map((name) => [form === 'camel' ? camel(name) : name, codes[name]]));
      return webhookOf(typeOf(kind, event.action), { kind, externalId: externalIdOf(kind, codes) }, body);
    });
  };
  return {
    answer: createSimulatedApi(world, settings, tools),
    emit,
    history: [
      { eventType: 'customer.created', form: 'pascal' },
      { eventType: 'customer.contactperson.created', form: 'camel' },
      { eventType: 'customer.address.created', form: 'pascal' },
      { eventType: 'item.created', form: 'pascal' },
      { eventType: 'item.created', form: 'camel' },
      { eventType: 'pricelist.created', form: 'pascal' },
      { eventType: 'customer.updated', form: 'camel' },
      { eventType: 'item.deleted', form: 'pascal' },
    ],
    resources: () =>
      world
        .list()
        .map(({ kind, codes, record }) => ({ subject: { kind, externalId: externalIdOf(kind, codes) }, text: JSON.stringify(record) })),
  };
}

const typeOf = (kind: OrishaKind, action: OrishaEvent['action']): string =>
  orishaEvents.find((event) => event.kind === kind && event.action === action)?.type ?? '';

/** Changes without an event: only the platform's lists show them. */
const silentChanges = new Map<string, OrishaKind>([
  ['item.updated', 'item'],
  ['pricelist.updated', 'price-list'],
]);

const camel = (name: string): string => `${name.charAt(0).toLowerCase()}${name.slice(1)}`;
