import type { EntityReport } from '../../../domain/entities/entity.ts';
import { InvalidBody } from '../../../domain/errors.ts';
import { isObject, type JsonObject, parseJson } from '../../../domain/values/json.ts';
import type { OrdermentumKind } from '../events.ts';
import { shapeOfKind } from '../shapes.ts';
import { readOrder } from './order.ts';
import { isWholeRecord, readRecord } from './record.ts';

export const readResource = (kind: OrdermentumKind, externalId: string, resource: JsonObject): EntityReport =>
  kind === 'order' ? readOrder(externalId, resource) : readRecord(kind, externalId, resource);

/** Whether a resource is complete; a list summary is not. */
export const isWhole = (kind: OrdermentumKind, resource: JsonObject): boolean =>
  kind === 'order' ? Array.isArray(resource.lineItems) : isWholeRecord(kind, resource);

export const isOrdermentumKind = (kind: string): kind is OrdermentumKind => Object.hasOwn(shapeOfKind, kind);

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
