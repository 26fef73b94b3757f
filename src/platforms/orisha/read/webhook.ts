import { InvalidBody } from '../../../domain/errors.ts';
import { isObject, type JsonObject, parseJson, textAt } from '../../../domain/values/json.ts';
import { findEvent, type OrishaEvent } from '../events.ts';
import { externalIdOf, memberOf, readCodes } from './codes.ts';

export type Webhook =
  | { event: null; eventType: string; path: string }
  | { event: OrishaEvent; eventType: string; externalId: string; document: JsonObject };

/**
 * The type is in `X-Event-Type`; a body's own `type` or `eventType` replaces a missing header. The rest of an unknown type is not read: a
 * hundred failures in a row disable the webhook. Throws `InvalidBody` without a type, or if a known one lacks its codes.
 */
export function readWebhook(headers: Readonly<Record<string, string>>, text: () => string): Webhook {
  const header = headers['x-event-type']?.trim() || null;
  const event = header === null ? null : findEvent(header);
  if (header !== null && event === null) return { event, eventType: header, path: '/X-Event-Type' };
  const document = parseDocument(text());
  const eventType = event?.type ?? typeInBody(document);
  const known = event ?? findEvent(eventType);
  if (known === null) return { event: null, eventType, path: '/type' };
  const codes = readCodes(known.kind, document);
  if (codes === null) throw new InvalidBody(`The ${known.type} lacks a code that names its ${known.kind}`);
  return { event: known, eventType: known.type, externalId: externalIdOf(known.kind, codes), document };
}

function typeInBody(document: JsonObject): string {
  const type = textAt(memberOf(document, 'type')) ?? textAt(memberOf(document, 'eventType'));
  if (type === null) throw new InvalidBody('Neither X-Event-Type nor the body names an event');
  return type;
}

/** Throws `InvalidBody` unless the text is a JSON object. */
export function parseDocument(text: string): JsonObject {
  let document: unknown;
  try {
    document = parseJson(text);
  } catch (cause) {
    throw new InvalidBody('The body is not JSON', { cause });
  }
  if (!isObject(document)) throw new InvalidBody('The body is not a JSON object');
  return document;
}
