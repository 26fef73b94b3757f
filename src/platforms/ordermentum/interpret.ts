import { type Drift, findDrift, unknownEvent } from '../../domain/entities/drift.ts';
import { bodyText } from '../../domain/values/body-text.ts';
import type { Interpretation, StoredRequest } from '../contract/webhook.ts';
import { readResource } from './read/resource.ts';
import { readWebhook, type Webhook } from './read/webhook.ts';
import type { OrdermentumSettings } from './settings.ts';
import { ordermentumShapes, shapeOfKind } from './shapes.ts';

/** With an API only the id is trusted and the current state is fetched; without one the body is applied. */
export function interpret(delivery: StoredRequest, settings: OrdermentumSettings): Interpretation {
  const webhook = readWebhook(bodyText(delivery.body, delivery.contentType));
  if (!webhook.known) {
    return { do: 'ignore', reason: 'unknown event type', drift: [unknownEvent(webhook.eventType, webhook.path)] };
  }
  const { kind, externalId } = webhook;
  const drift = findWebhookDrift(webhook);
  if (settings.api) return { do: 'fetch', subject: { kind, externalId }, whenMissing: 'retry', drift };
  const report = readResource(kind, externalId, webhook.resource);
  const stage = stageOfEvent.get(webhook.eventType);
  if (stage !== undefined && report.header?.status === null) report.header = { ...report.header, status: stage };
  return { do: 'apply', reports: [report], drift };
}

// In a thin body only the event's name determines the state of a credit note.
const stageOfEvent = new Map([
  ['credit_note_completed', 'Completed'],
  ['credit_note_cancelled', 'Cancelled'],
]);

function findWebhookDrift(webhook: Webhook & { known: true }): Drift[] {
  const resource = findDrift(webhook.resource, shapeOfKind[webhook.kind], webhook.at);
  return webhook.at === '' ? resource : [...findDrift(webhook.document, ordermentumShapes.Envelope), ...resource];
}
