import { bodyText } from '../../domain/values/body-text.ts';
import type { Identity, WebhookRequest } from '../contract/webhook.ts';
import { readEvent, subjectOf } from './read/event.ts';
import type { OrdergrooveSettings } from './settings.ts';

/** No header identifies the event: the body's `id` is the only key, equal across retries whose signature times differ. */
export function identify(request: WebhookRequest, settings: OrdergrooveSettings): Identity {
  const event = readEvent(bodyText(request.body, request.headers['content-type']));
  const byFetch = event.family === 'order' || event.family === 'item';
  return {
    eventId: event.id,
    eventType: event.type,
    subject: subjectOf(event),
    dedupeKey: event.id,
    notification: byFetch && settings.api !== undefined && event.type !== 'order.delete',
    mergeable: false,
  };
}
