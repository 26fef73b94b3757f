import { bodyText } from '../../domain/values/body-text.ts';
import type { Identity, WebhookRequest } from '../contract/webhook.ts';
import { readWebhook, type Webhook } from './read/webhook.ts';
import type { OrdermentumSettings } from './settings.ts';

/**
 * Ordermentum sends no event id: event, id and updatedAt together replace it, or else the body's hash. Two changes within one millisecond
 * share that key, so with an API the current state is fetched and the body is never applied.
 */
export function identify(request: WebhookRequest, settings: OrdermentumSettings): Identity {
  const webhook = readWebhook(bodyText(request.body, request.headers['content-type']));
  const eventId = request.headers['x-event-id'] || null;
  return {
    eventId,
    eventType: webhook.eventType,
    subject: webhook.known ? { kind: webhook.kind, externalId: webhook.externalId } : null,
    dedupeKey: eventId ?? composedKey(webhook),
    notification: webhook.known && settings.api !== undefined,
    mergeable: false,
  };
}

const composedKey = ({ eventType, externalId, updatedAt }: Webhook): string | null =>
  externalId === null || updatedAt === null ? null : `${eventType}:${externalId}:${updatedAt}`;
