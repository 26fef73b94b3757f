import { findDrift, unknownEvent } from '../../domain/entities/drift.ts';
import { bodyText } from '../../domain/values/body-text.ts';
import type { Interpretation, StoredRequest } from '../contract/webhook.ts';
import { pathFor, readDeletion, readRecord } from './read/record.ts';
import { readWebhook } from './read/webhook.ts';
import type { OrishaSettings } from './settings.ts';
import { shapeOfKind } from './shapes.ts';

/**
 * A deletion becomes a tombstone immediately. Otherwise the record is fetched if its kind has a path; if not, its codes are the record. A 404 is
 * retried and finally a dead letter: an error in a path template must not look like mass deletion.
 */
export function interpret(delivery: StoredRequest, settings: OrishaSettings): Interpretation {
  const webhook = readWebhook(delivery.headers, () => bodyText(delivery.body, delivery.contentType));
  if (webhook.event === null) {
    return { do: 'ignore', reason: 'unknown event type', drift: [unknownEvent(webhook.eventType, webhook.path)] };
  }
  const { event, externalId, document } = webhook;
  const drift = findDrift(document, shapeOfKind[event.kind]);
  if (event.action === 'deleted') return { do: 'apply', reports: [readDeletion(event.kind, externalId)], drift };
  if (pathFor(event.kind, settings) !== null) {
    return { do: 'fetch', subject: { kind: event.kind, externalId }, whenMissing: 'retry', drift };
  }
  const report = readRecord(event.kind, externalId, document);
  return { do: 'apply', reports: [event.action === 'created' ? { ...report, creates: true } : report], drift };
}
