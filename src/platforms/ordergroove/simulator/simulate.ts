import type { Subject } from '../../../domain/entities/entity.ts';
import { type JsonObject, objectAt } from '../../../domain/values/json.ts';
import { readTime } from '../../../domain/values/time.ts';
import type { OutgoingWebhook, Simulation, SimulationOptions } from '../../contract/simulation.ts';
import { signBody } from '../authenticate.ts';
import { familyOf } from '../events.ts';
import { readEvent, subjectOf } from '../read/event.ts';
import type { OrdergrooveSettings } from '../settings.ts';
import { createSimulatedApi } from './api.ts';
import { eventObject, triggerEvent } from './events.ts';
import { createWorld, type World, type WorldEvent } from './world.ts';

/**
 * Simulates Ordergroove. Forms of a webhook: none (the default payload), `snapshot` (with the opt-in content), `customised` (a merchant
 * has removed members and added one).
 */
export function simulate(settings: OrdergrooveSettings, tools: SimulationOptions): Simulation {
  const world = createWorld(settings.management?.merchant ?? tools.makeId().replaceAll('-', ''), tools);
  const keys = [...(settings.api?.apiKey ?? []), ...(settings.management?.apiKey ?? [])];
  return {
    answer: createSimulatedApi(world, keys, tools),
    emit: (eventType, form) => triggerEvent(world, eventType).map((event) => webhookOf(world, event, form, settings, tools)),
    history: [
      { eventType: 'subscriber.create' },
      { eventType: 'subscription.create' },
      { eventType: 'order.create' },
      { eventType: 'item.create' },
      { eventType: 'subscription.change_frequency' },
      { eventType: 'item.change_quantity' },
      { eventType: 'order.reminder' },
      { eventType: 'order.change_next_order_date' },
      { eventType: 'order.send_now' },
      { eventType: 'order.create', form: 'snapshot' },
      { eventType: 'order.success' },
      { eventType: 'entitlement.entitlements_granted' },
      { eventType: 'workflow.send_communication' },
      { eventType: 'subscription.cancel', form: 'customised' },
    ],
    resources: () => resourcesOf(world),
  };
}

function resourcesOf(world: World): { subject: Subject; text: string }[] {
  const plain = (['subscriber', 'subscription', 'entitlement'] as const).flatMap((kind) =>
    [...world.objects[kind]].map(([externalId, resource]) => ({ subject: { kind, externalId }, text: JSON.stringify(resource) })),
  );
  const orders = [...world.objects.order].map(([externalId, order]) => ({
    subject: { kind: 'order' as const, externalId },
    text: JSON.stringify({ order, items: world.itemsOf(order) }),
  }));
  return [...plain, ...orders];
}

function webhookOf(
  world: World,
  event: WorldEvent,
  form: string | undefined,
  settings: OrdergrooveSettings,
  tools: SimulationOptions,
): OutgoingWebhook {
  const nowSeconds = Math.floor(tools.now().getTime() / 1000);
  const envelope = { id: world.makeId(), type: event.type, created: Math.max(nowSeconds, changedAtSeconds(event.object)) };
  const body = JSON.stringify({ ...envelope, ...contentOf(world, event, form) });
  // Every key signs, as at the platform during a rotation.
  const ts = String(nowSeconds);
  const signatures = settings.webhook.verificationKey.map((key) => `,sig=${signBody(key, ts, body).toString('hex')}`);
  return {
    method: 'POST',
    path: '',
    headers: { 'content-type': 'application/json', 'ordergroove-signature': `ts=${ts}${signatures.join('')}` },
    body,
    eventType: event.type,
    subject: familyOf(event.type) === null ? null : subjectOf(readEvent(body)),
  };
}

/** An event is never older than the change it reports. */
const changedAtSeconds = ({ updated, last_updated: lastUpdated }: JsonObject): number =>
  Math.floor(Date.parse(readTime(updated ?? lastUpdated) ?? '1970-01-01T00:00:00Z') / 1000);

function contentOf(world: World, event: WorldEvent, form: string | undefined): JsonObject {
  const object = eventObject(world, event);
  const context = { actor: { type: 'og-system-process' } };
  if (event.family === 'workflow') return { data: { key: 'win_back', object, subscriber: {}, execution_context: {} }, context };
  if (form === 'snapshot') return { data: { object, context, snapshot: snapshotOf(world, event) } };
  return { data: { object: form === 'customised' ? customised(object) : object }, context };
}

// What a merchant can configure in the admin: `id`, `type` and the object's id always stay.
function customised({ session_id: _session, offer: _offer, extra_data: _extra, ...object }: JsonObject): JsonObject {
  return { ...object, loyalty_tier: 'gold' };
}

function snapshotOf(world: World, { object }: WorldEvent): JsonObject {
  const order = world.objects.order.get(String(object.order ?? object.public_id));
  const customer = world.objects.subscriber.get(String(object.customer ?? object.merchant_user_id));
  return { customer: objectAt(customer), orders: order ? [order] : [], items: order ? world.itemsOf(order) : [] };
}
