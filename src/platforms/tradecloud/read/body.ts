import { InvalidBody } from '../../../domain/errors.ts';
import { isObject, type Json, type JsonObject, objectAt, parseJson, textAt } from '../../../domain/values/json.ts';
import { shapes } from '../shapes.ts';
import { parseTxml, readTxmlEnvelope } from './txml.ts';

export type ContentKind = 'order' | 'documents' | 'shipment';

/** The content of a webhook body: the one member with the state. */
export interface Content {
  kind: ContentKind;
  state: JsonObject;
}

// In this order: `simpleOrderEvent` is the name of single-delivery events before 2024-04.
const MEMBERS: readonly (readonly [member: string, kind: ContentKind])[] = [
  ['orderEvent', 'order'],
  ['singleDeliveryOrderEvent', 'order'],
  ['simpleOrderEvent', 'order'],
  ['orderDocumentsEvent', 'documents'],
  ['shipment', 'shipment'],
];

/** The parsers for a body, which decide how much of it is read. */
export interface Reading {
  json(text: string): Json;
  xml(text: string): JsonObject;
}
/** For intake: identifies the body as cheaply as possible. */
export const ENVELOPE: Reading = {
  json: (text) => JSON.parse(text),
  xml: (text) => readTxmlEnvelope(text, shapes.OrderWebhookBody),
};
/** Reads everything, digit for digit. */
export const WHOLE: Reading = { json: parseJson, xml: (text) => parseTxml(text, shapes.OrderWebhookBody) };

/** The body as a JSON object; tXML is converted to the equivalent JSON. Throws `InvalidBody`. */
export function readBody(text: string, format: 'json' | 'xml', reading: Reading): JsonObject {
  const body = format === 'xml' ? reading.xml(text) : readJson(text, reading.json);
  if (!isObject(body)) throw new InvalidBody('The body is not a JSON object');
  return body;
}

function readJson(text: string, parse: (text: string) => Json): Json {
  try {
    return parse(text);
  } catch (error) {
    throw new InvalidBody('The body is not JSON', { cause: error });
  }
}

/** Intake's rule applied to a stored request: by its `Content-Type` or, without one, by its first character. */
export function formatOf(contentType: string | null, text: string): 'json' | 'xml' {
  if (contentType) return /[/+]xml\b/i.test(contentType) ? 'xml' : 'json';
  return /^\s*</.test(text) ? 'xml' : 'json';
}

/** The state in a body; null if it has none of the known members. */
export function contentOf(body: JsonObject): Content | null {
  for (const [member, kind] of MEMBERS) {
    const state = body[member];
    if (isObject(state)) return { kind, state };
  }
  return null;
}

/** The platform's id of the content's subject; null if the content does not name it. */
export function externalIdOf({ kind, state }: Content): string | null {
  if (kind === 'shipment') return textAt(state.id) ?? shipmentIdOf(state);
  return textAt(state.orderId) ?? textAt(state.id) ?? orderIdOf(state);
}

// Both ids are documented as the company's id and its own number, joined by a hyphen.
function orderIdOf(state: JsonObject): string | null {
  for (const order of [objectAt(state.buyerOrder), objectAt(state.order), state]) {
    const [company, number] = [textAt(order.companyId), textAt(order.purchaseOrderNumber)];
    if (company && number) return `${company}-${number}`;
  }
  return null;
}

function shipmentIdOf(state: JsonObject): string | null {
  const supplier = objectAt(state.supplierShipment);
  const [company, number] = [textAt(supplier.companyId), textAt(supplier.shipmentNumber)];
  return company && number ? `${company}-${number}` : null;
}
