import XMLBuilder from 'fast-xml-builder';
import { isObject, isRawNumber, type Json, type JsonObject } from '../../../domain/values/json.ts';
import type { OutgoingWebhook } from '../../contract/simulation.ts';
import { ELEMENTS } from '../read/txml.ts';
import type { TradecloudSettings } from '../settings.ts';
import type { TriggeredEvent } from './events.ts';
import { issuerAddress, type SimulatedIssuer } from './issuer.ts';
import { orderJson, shipmentJson } from './json.ts';
import { BUYER, SUPPLIER, type World } from './world.ts';

/** A sender's variant: `json`, `xml`, `single`, `simple`, `get` or `get-query`, optionally followed by `:basic`, `:bearer`, `:header` or `:oauth2` to select the credentials. */
export interface Form {
  name: 'json' | 'xml' | 'single' | 'simple' | 'get' | 'get-query';
  credentials: string | null;
}

const NAMES: readonly Form['name'][] = ['json', 'xml', 'single', 'simple', 'get', 'get-query'];

export function readForm(form: string | undefined, settings: TradecloudSettings): Form {
  const [name, credentials] = (form ?? '').split(':');
  const fallback = settings.deliveryMode === 'single' ? 'single' : 'json';
  return { name: NAMES.find((known) => known === name) ?? fallback, credentials: credentials || null };
}

export interface Sending {
  world: World;
  settings: TradecloudSettings;
  issuer: SimulatedIssuer;
}

/** The webhook that reports an event, as the platform sends it. */
export function makeWebhook(sending: Sending, happening: TriggeredEvent, eventType: string, form: Form): OutgoingWebhook {
  const shipment = happening.about === 'shipment';
  const subject = {
    kind: shipment ? ('shipment' as const) : ('order' as const),
    externalId: shipment ? happening.shipment.id : happening.order.id,
  };
  const authorization = credentialHeaders(sending, form.credentials);
  if (form.name === 'get' || form.name === 'get-query') {
    const id = encodeURIComponent(subject.externalId);
    const path = form.name === 'get' ? `/${subject.kind}s/${id}` : `/${subject.kind}s?${subject.kind}Id=${id}`;
    return { method: 'GET', path, headers: authorization, body: '', eventType, subject };
  }
  const xml = form.name === 'xml' && !shipment;
  const body = bodyOf(sending.world, happening, eventType, form.name);
  return {
    method: 'POST',
    path: `/${subject.kind}s`,
    headers: { 'Content-Type': xml ? 'application/xml' : 'application/json', ...authorization },
    body: xml ? toXml(body) : JSON.stringify(body),
    eventType,
    subject,
  };
}

function bodyOf(world: World, happening: TriggeredEvent, eventName: string, form: Form['name']): JsonObject {
  const meta = messageMeta(world, /BySupplier$/.test(eventName) ? SUPPLIER.companyId : BUYER.companyId);
  if (happening.about === 'shipment') return { eventName, shipment: shipmentJson(happening.shipment), meta };
  if (happening.about === 'documents') return { eventName, orderDocumentsEvent: documentsJson(happening), meta };
  const { order, lines } = happening;
  // An order keeps the delivery mode it was created with.
  if (!order.single) return { eventName, orderEvent: orderJson(order, lines, 'orderId', false), meta };
  const event = { ...orderJson(order, lines, 'orderId', true), meta };
  return form === 'simple' ? { eventName, simpleOrderEvent: event } : { eventName, singleDeliveryOrderEvent: event };
}

function documentsJson({ order, line }: Extract<TriggeredEvent, { about: 'documents' }>): JsonObject {
  const whole = orderJson(order, [], 'orderId', order.single);
  const buyerOrder = isObject(whole.buyerOrder) ? whole.buyerOrder : {};
  const lineJson = line === null ? undefined : orderJson(order, [line], 'id', order.single).lines;
  const [one] = Array.isArray(lineJson) ? lineJson : [];
  const documents = isObject(one) && isObject(one.buyerLine) ? one.buyerLine.documents : [];
  return {
    orderId: order.id,
    buyerOrder: { companyId: BUYER.companyId, purchaseOrderNumber: order.number, documents: buyerOrder.documents },
    lines: line === null ? [] : [{ id: `${order.id}-${line.position}`, buyerLine: { position: line.position, documents } }],
    lastUpdatedAt: order.lastUpdatedAt,
  };
}

const messageMeta = (world: World, companyId: string): JsonObject => ({
  messageId: world.tools.makeId(),
  source: { traceId: world.tools.makeId(), userId: world.tools.makeId(), companyId },
  createdDateTime: world.tools.now().toISOString(),
});

/** The headers of the first usable entry of `webhook.auth`, or of the first one of the requested kind; empty if there is none. */
function credentialHeaders({ settings, issuer, world }: Sending, kind: string | null): Record<string, string> {
  for (const entry of settings.webhook.auth) {
    if (kind !== null && !(kind in entry)) continue;
    if ('basic' in entry) {
      const credentials = Buffer.from(`${entry.basic.username}:${entry.basic.password[0]}`, 'utf8').toString('base64');
      return { Authorization: `Basic ${credentials}` };
    }
    if ('bearer' in entry) return { Authorization: `Bearer ${entry.bearer.token[0]}` };
    if ('header' in entry) return { [entry.header.name]: entry.header.value[0] ?? '' };
    const { oauth2 } = entry;
    if ('issuer' in oauth2 && oauth2.issuer.includes(issuerAddress(world.tools.baseUrl))) {
      return { Authorization: `Bearer ${issuer.makeToken(oauth2.audience[0] ?? '', oauth2.clientIds?.[0] ?? 'tradecloud')}` };
    }
  }
  return {};
}

const builder = new XMLBuilder({ format: true, suppressEmptyNode: false });

const toXml = (body: JsonObject): string => `<?xml version="1.0" encoding="UTF-8"?>\n${builder.build({ WebhookBody: asElements(body) })}`;

function asElements(value: Json | undefined): unknown {
  if (isRawNumber(value)) return value.rawJSON;
  if (Array.isArray(value)) return value.map(asElements);
  if (!isObject(value)) return value === null || value === undefined ? '' : String(value);
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [Array.isArray(member) ? (ELEMENTS[name]?.[0] ?? name) : name, asElements(member)]),
  );
}
