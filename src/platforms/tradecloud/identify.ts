import { eventName } from '../../domain/entities/drift.ts';
import type { Subject } from '../../domain/entities/entity.ts';
import { MOST_RETAINED_BYTES } from '../../domain/entities/recent-contents.ts';
import { InvalidBody } from '../../domain/errors.ts';
import { bodyText } from '../../domain/values/body-text.ts';
import { type JsonObject, objectAt, textAt } from '../../domain/values/json.ts';
import type { Identity, WebhookRequest } from '../contract/webhook.ts';
import { isKnownEvent, isUnknownEvent } from './events.ts';
import { type Content, contentOf, ENVELOPE, externalIdOf, readBody, WHOLE } from './read/body.ts';

/** Identifies the request and reads no more of it. Throws `InvalidBody` if it cannot be a Tradecloud message. */
export function identify(request: WebhookRequest): Identity {
  return request.method === 'GET' ? identifyNotification(request) : identifyEvent(request);
}

function identifyNotification(request: WebhookRequest): Identity {
  const kind = request.path.startsWith('/shipments') ? 'shipment' : 'order';
  const name = `${kind}Id`;
  const externalId = request.params[name] ?? request.query[name];
  if (!externalId) throw new InvalidBody(`The notification names no ${name}`);
  const eventId = headerId(request);
  return {
    eventId,
    eventType: null,
    subject: { kind, externalId },
    dedupeKey: eventId,
    notification: true,
    mergeable: eventId === null,
  };
}

function identifyEvent(request: WebhookRequest): Identity {
  const format = request.format === 'xml' ? 'xml' : 'json';
  const isWhole = format === 'json' && request.body.length <= MOST_RETAINED_BYTES;
  const body = readBody(bodyText(request.body, request.headers['content-type']), format, isWhole ? WHOLE : ENVELOPE);
  const content = contentOf(body);
  const name = textAt(body.eventName);
  const eventType = name === null ? null : eventName(name);
  if (content === null && eventType === null) throw new InvalidBody('The body has neither an event name nor a known content');
  // An unknown event may be about anything; a known one always contains its state.
  if (content === null && isKnownEvent(eventType ?? '')) throw new InvalidBody(`${eventType} carries no order, documents or shipment`);
  const eventId = headerId(request) ?? messageId(body, content);
  return {
    eventId,
    eventType,
    subject: subjectOf(content, isUnknownEvent(eventType)),
    dedupeKey: eventId,
    notification: false,
    mergeable: false,
    document: isWhole ? body : undefined,
  };
}

// An unknown event is never refused: the platform would not send it again.
function subjectOf(content: Content | null, isUnknown: boolean): Subject | null {
  if (content === null) return null;
  const externalId = externalIdOf(content);
  if (externalId === null && isUnknown) return null;
  if (externalId === null) throw new InvalidBody(`The ${content.kind} has no id`);
  return { kind: content.kind === 'shipment' ? 'shipment' : 'order', externalId };
}

const headerId = (request: WebhookRequest): string | null => textAt(request.headers['x-event-id']);

// Documented beside the event and inside it: both are read.
function messageId(body: JsonObject, content: Content | null): string | null {
  return textAt(objectAt(body.meta).messageId) ?? textAt(objectAt(content?.state.meta).messageId);
}
