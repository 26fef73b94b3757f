import { bodyText } from '../../domain/values/body-text.ts';
import type { Identity, WebhookRequest } from '../contract/webhook.ts';
import { sha256Hex } from '../signature.ts';
import { pathFor } from './read/record.ts';
import { readWebhook } from './read/webhook.ts';
import type { OrishaSettings } from './settings.ts';

/** Administration and event id together: several webhooks may share one URL, and ids are guaranteed only per event. */
export function identify(request: WebhookRequest, settings: OrishaSettings): Identity {
  const webhook = readWebhook(request.headers, () => bodyText(request.body, request.headers['content-type']));
  const administration = request.headers['x-administration-code'] ?? '';
  const eventId = request.headers['x-event-id'] || null;
  return {
    eventId,
    eventType: webhook.eventType,
    subject: webhook.event ? { kind: webhook.event.kind, externalId: webhook.externalId } : null,
    // Bodies consist of codes only: without the type, the creation and deletion of an item would be duplicates.
    dedupeKey: eventId === null ? `${administration}:${webhook.eventType}:${sha256Hex(request.body)}` : `${administration}:${eventId}`,
    notification: webhook.event !== null && webhook.event.action !== 'deleted' && pathFor(webhook.event.kind, settings) !== null,
    mergeable: false,
  };
}
