import type { Subject } from '../../../domain/entities/entity.ts';
import type { OutgoingWebhook, Simulation, SimulationOptions } from '../../contract/simulation.ts';
import { PRESET_NAMES } from '../presets.ts';
import { textOf } from '../read/expression.ts';
import { digestOf, standardDigest } from '../read/prove-signature.ts';
import { openRequest, subjectOf } from '../read/request.ts';
import { PUBLIC_KEY_PREFIX, type SignatureRule, type StandardSettings, standardHeader, standardSettings } from '../settings.ts';
import { COMPOSERS, type Composed, type Form, type Happening, type SimulatedOrder } from './world.ts';

interface World {
  settings: StandardSettings;
  tools: SimulationOptions;
  orders: Map<string, SimulatedOrder>;
  /** The last body sent for each order: all that a receiver can know about it. */
  sent: Map<string, string>;
}

/**
 * A shop that sends what the connection expects. Forms: `standard-webhooks` and the presets' names, each composed and signed in its own
 * way with the connection's first secret; by default, as the connection is configured.
 */
export function simulate(settings: StandardSettings, tools: SimulationOptions): Simulation {
  const world: World = { settings, tools, orders: new Map(), sent: new Map() };
  return {
    // A standard sender has no API.
    answer: () => ({ status: 404, body: '' }),
    emit: (eventType, form) => [webhookOf(world, eventType, formOf(form, settings))],
    history: [
      { eventType: 'order.created' },
      { eventType: 'order.updated' },
      { eventType: 'order.created' },
      { eventType: 'order.deleted' },
    ],
    resources: () =>
      [...world.orders.values()].flatMap((order) => {
        const text = world.sent.get(order.id);
        return text === undefined ? [] : [{ subject: subjectFor(settings, order), text }];
      }),
  };
}

const subjectFor = (settings: StandardSettings, { id }: SimulatedOrder): Subject => ({
  kind: settings.entity?.kind ?? 'order',
  externalId: id,
});

function formOf(form: string | undefined, settings: StandardSettings): Form {
  const wanted = form ?? settings.preset ?? 'standard-webhooks';
  return PRESET_NAMES.find((name) => name === wanted) ?? 'standard-webhooks';
}

function webhookOf(world: World, eventType: string, form: Form): OutgoingWebhook {
  const { settings, tools } = world;
  const happening = happeningOf(eventType);
  const order = happening === null ? newOrder(world) : happen(world, happening);
  const composed = COMPOSERS[form](order, happening ?? 'updated', tools);
  // A type that no simulated shop has is still sent if the body names it.
  if (happening === null && 'type' in composed.body) composed.body.type = eventType;
  if (happening === null) world.orders.delete(order.id);
  const own = form === (settings.preset ?? 'standard-webhooks');
  const sender = own ? settings : settingsOf(form, settings);
  const body = JSON.stringify(composed.body);
  world.sent.set(order.id, body);
  const headers = { 'content-type': 'application/json', ...composed.headers };
  const sources = openRequest({ headers, body: Buffer.from(body) });
  return {
    ...{ method: 'POST', path: '', body },
    headers: { ...headers, ...signatureOf(world, sender, { ...composed, headers }, body) },
    eventType: textOf(settings.type, sources) ?? composed.type,
    subject: subjectOf(settings, sources),
  };
}

/** `order.created`, `orders/create`, `ORDER_PLACED`: what happens to an order; null for anything else. */
function happeningOf(eventType: string): Happening | null {
  if (!/^order/i.test(eventType)) return null;
  if (/(?:creat|plac)/i.test(eventType)) return 'created';
  if (/(?:delet|cancel)/i.test(eventType)) return 'deleted';
  return /updat/i.test(eventType) ? 'updated' : null;
}

function happen(world: World, happening: Happening): SimulatedOrder {
  if (happening === 'created') return newOrder(world);
  // An order that an event needs is created without a webhook.
  const held = [...world.orders.values()].at(-1) ?? newOrder(world);
  if (happening === 'deleted') {
    world.orders.delete(held.id);
    return held;
  }
  const updated = { ...held, status: 'paid', total: (Number(held.total) + 2.5).toFixed(2), updatedAt: world.tools.now().toISOString() };
  world.orders.set(held.id, updated);
  return updated;
}

function newOrder({ orders, tools }: World): SimulatedOrder {
  const id = String(88_000_000_000 + Math.floor(tools.random() * 1_000_000_000));
  const order = {
    ...{ id, number: String(1001 + orders.size), status: 'pending', currency: 'EUR' },
    ...{ total: (20 + Math.floor(tools.random() * 900) / 10).toFixed(2), updatedAt: tools.now().toISOString() },
  };
  orders.set(id, order);
  return order;
}

/** The settings of a connection with another preset and the same secrets. */
const settingsOf = (form: Form, { webhook }: StandardSettings): StandardSettings =>
  standardSettings.parse(
    form === 'standard-webhooks'
      ? { webhook: { signature: { scheme: form, secret: webhook.signature?.secrets ?? ['whsec_c2FuZGJveA=='] } } }
      : { preset: form, webhook: { signature: { secret: webhook.signature?.secrets ?? staticSecrets(webhook) } } },
  );

const staticSecrets = ({ auth }: StandardSettings['webhook']): string[] =>
  auth.flatMap((entry) => ('header' in entry ? entry.header.value : [])).concat('sandbox');

/** The static headers of a sender without signatures. */
const staticHeaders = ({ webhook }: StandardSettings): Record<string, string> =>
  Object.fromEntries(
    webhook.auth.flatMap((entry) => ('header' in entry ? [[entry.header.name.toLowerCase(), entry.header.value[0] ?? '']] : [])),
  );

function signatureOf(world: World, settings: StandardSettings, { headers }: Composed, body: string): Record<string, string> {
  const rule = settings.webhook.signature;
  const nowMs = world.tools.now().getTime();
  if (!rule) return staticHeaders(settings);
  return rule.scheme === 'standard-webhooks'
    ? signStandard(rule, world.tools.makeId(), nowMs, body)
    : signDigest(rule, settings, nowMs, headers, body);
}

function signStandard({ header, secrets }: SignatureRule, makeId: string, nowMs: number, body: string): Record<string, string> {
  const id = `msg_${makeId}`;
  // We never have a private key: only shared secrets sign here.
  const signatures = secrets
    .filter((secret) => !secret.startsWith(PUBLIC_KEY_PREFIX))
    .map((secret) => `v1,${standardDigest(secret, id, nowMs, Buffer.from(body)).toString('base64')}`);
  return {
    [standardHeader(header, 'id')]: id,
    [standardHeader(header, 'timestamp')]: String(Math.floor(nowMs / 1000)),
    [header.toLowerCase()]: signatures.join(' '),
  };
}

function signDigest(
  rule: SignatureRule,
  settings: StandardSettings,
  nowMs: number,
  headers: Record<string, string>,
  body: string,
): Record<string, string> {
  const at = String(rule.timestamp?.unit === 'ms' ? nowMs : Math.floor(nowMs / 1000));
  const sources = openRequest({ headers, body: Buffer.from(body) });
  const part = (name: string): string | null => {
    if (name === 'body') return body;
    if (name === 'timestamp') return at;
    if (name === 'id') return textOf(settings.dedupe[0], sources);
    if (name === 'url') return settings.webhook.url ?? '';
    return textOf(name.startsWith('header:') ? name : name.slice('pointer:'.length), sources);
  };
  const [encoding = 'hex'] = rule.encodings;
  const signatures = rule.secrets.map((secret) => `${rule.prefix}${digestOf(rule, secret, part)?.toString(encoding) ?? ''}`);
  const own = rule.timestamp?.header?.toLowerCase();
  const shared = own === rule.header.toLowerCase() ? [`${rule.timestamp?.prefix ?? ''}${at}`] : [];
  return {
    ...(own !== undefined && shared.length === 0 ? { [own]: at } : {}),
    [rule.header.toLowerCase()]: [...shared, ...signatures].join(rule.prefix.includes(',') ? ' ' : ','),
  };
}
