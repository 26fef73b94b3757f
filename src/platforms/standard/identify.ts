import type { Identity, WebhookRequest } from '../contract/webhook.ts';
import { sha256Hex } from '../signature.ts';
import { textOf } from './read/expression.ts';
import { openRequest, subjectOf } from './read/request.ts';
import type { StandardSettings } from './settings.ts';

/** Uses the connection's expressions. A dedupe key needs its first part; without it the raw body's hash is the key. */
export function identify(request: WebhookRequest, settings: StandardSettings): Identity {
  const sources = openRequest(request);
  const [eventId = null, ...rest] = settings.dedupe.map((expression) => textOf(expression, sources));
  const digest = settings.digestInKey ? [sha256Hex(request.body)] : [];
  return {
    eventId,
    eventType: textOf(settings.type, sources),
    subject: subjectOf(settings, sources),
    dedupeKey: eventId === null ? null : [eventId, ...rest.filter((part) => part !== null), ...digest].join(' '),
    notification: false,
    mergeable: false,
  };
}
