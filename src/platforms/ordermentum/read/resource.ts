import { type Drift, findDrift } from '../../../domain/drift.ts';
import type { EntityReport, Subject } from '../../../domain/entity.ts';
import { InvalidBody } from '../../../domain/errors.ts';
import { isObject, type JsonObject, parseJson } from '../../../domain/json.ts';
import type { OrdermentumKind } from '../events.ts';
import { shapeOfKind } from '../shapes.ts';
import { unwrapped } from './members.ts';
import { readOrder } from './order.ts';
import { isWholeRecord, readRecord } from './record.ts';

export const readResource = (kind: OrdermentumKind, externalId: string, resource: JsonObject): EntityReport =>
  kind === 'order' ? readOrder(externalId, resource) : readRecord(kind, externalId, resource);

/** Whether a resource is told as a whole; a list's summary is not. */
export const isWhole = (kind: OrdermentumKind, resource: JsonObject): boolean =>
  kind === 'order' ? Array.isArray(resource.lineItems) : isWholeRecord(kind, resource);

export const isOrdermentumKind = (kind: string): kind is OrdermentumKind => Object.hasOwn(shapeOfKind, kind);

/** What a fetched detail or a row of a list says. Throws `InvalidBody` when it is no JSON object. */
export function readFetched(subject: Subject, text: string): { reports: EntityReport[]; drift: Drift[] } {
  const document = parseDocument(text);
  if (!isOrdermentumKind(subject.kind)) throw new InvalidBody(`Ordermentum has no ${subject.kind}`);
  const resource = unwrapped(document);
  return {
    reports: [readResource(subject.kind, subject.externalId, resource)],
    drift: findDrift(resource, shapeOfKind[subject.kind]),
  };
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
