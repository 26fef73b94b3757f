import { type Drift, findDrift, type Shape, unknownEvent } from '../../domain/entities/drift.ts';
import { type EntityReport, readSubject } from '../../domain/entities/entity.ts';
import { InvalidBody } from '../../domain/errors.ts';
import { bodyText } from '../../domain/values/body-text.ts';
import { type JsonObject, textAt } from '../../domain/values/json.ts';
import type { Interpretation, StoredRequest } from '../contract/webhook.ts';
import { isUnknownEvent } from './events.ts';
import { type Content, type ContentKind, contentOf, externalIdOf, formatOf, readBody, WHOLE } from './read/body.ts';
import { readDocumentsEvent } from './read/documents.ts';
import { readOrder } from './read/order.ts';
import { readShipment } from './read/shipment.ts';
import { shapes } from './shapes.ts';

const READERS: Readonly<Record<ContentKind, (state: JsonObject, externalId: string) => EntityReport>> = {
  order: (state, orderId) => readOrder(state, orderId, false),
  documents: readDocumentsEvent,
  shipment: readShipment,
};

/** What a stored webhook reports. The event's name does not matter: the body contains the resulting state. */
export function interpret(delivery: StoredRequest): Interpretation {
  if (delivery.method === 'GET') return interpretNotification(delivery);
  const body = delivery.document ?? parseBody(delivery);
  const content = contentOf(body);
  const drift = driftOf(body, content);
  if (isUnknownEvent(textAt(body.eventName))) return interpretUnknown(content, drift);
  if (content === null) throw new InvalidBody('The body carries no order, documents or shipment');
  return { do: 'apply', reports: [readContent(content)], drift };
}

function parseBody({ body, contentType }: StoredRequest): JsonObject {
  const text = bodyText(body, contentType);
  return readBody(text, formatOf(contentType, text), WHOLE);
}

function readContent(content: Content): EntityReport {
  const externalId = externalIdOf(content);
  if (externalId === null) throw new InvalidBody(`The ${content.kind} has no id`);
  return READERS[content.kind](content.state, externalId);
}

/** An event type added later: a readable state in it is applied as a snapshot, otherwise it is ignored. Both are drift. */
function interpretUnknown(content: Content | null, drift: Drift[]): Interpretation {
  try {
    if (content !== null) return { do: 'apply', reports: [readContent(content)], drift };
  } catch (error) {
    if (!(error instanceof InvalidBody)) throw error;
  }
  return { do: 'ignore', reason: 'unknown event type', drift };
}

function interpretNotification(delivery: StoredRequest): Interpretation {
  const subject = readSubject(delivery.subject);
  if (subject === null) throw new InvalidBody('The notification names no resource');
  return { do: 'fetch', subject, whenMissing: 'retry', drift: [] };
}

function driftOf(body: JsonObject, content: Content | null): Drift[] {
  const shape: Shape = content?.kind === 'shipment' ? shapes.ShipmentWebhookBody : shapes.OrderWebhookBody;
  const name = textAt(body.eventName);
  const event: Drift[] = name !== null && isUnknownEvent(name) ? [unknownEvent(name, '/eventName')] : [];
  return [...event, ...findDrift(body, shape)];
}
