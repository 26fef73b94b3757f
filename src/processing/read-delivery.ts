import type { Drift } from '../domain/entities/drift.ts';
import type { EntityReport, Subject } from '../domain/entities/entity.ts';
import { RemoteMissing } from '../domain/errors.ts';
import type { Connection } from '../platforms/contract/platform.ts';
import type { Interpretation, StoredRequest } from '../platforms/contract/webhook.ts';
import { interpretDelivery, readResource } from './interpret-delivery.ts';

/** The source of the resource that a delivery only names. */
export interface ResourceSource {
  /** Throws `RemoteMissing` when the platform does not have the resource. */
  fetch(subject: Subject): Promise<FetchedText>;
  /** Whether a later delivery deletes the resource, which explains why it is missing. */
  isDeletedLater(): Promise<boolean>;
}

export interface FetchedText {
  text: string;
  /** ISO 8601 UTC: a change made later may be missing from the text. */
  requestedAt: string;
}

/** `carried`: the reports come from the delivery's own body. `recorded`: the fetched text, kept for replays; empty when the resource was missing. */
export type DeliveryReading =
  | { result: 'carried'; reports: EntityReport[]; drift: Drift[] }
  | { result: 'fetched'; reports: EntityReport[]; drift: Drift[]; recorded: string }
  | { result: 'ignored'; reason: string; drift: Drift[] };

/** Interprets a delivery and fetches the resource it names, if it carries no content itself. Processing and the preview of a replay share it. */
export async function readDelivery(connection: Connection, delivery: StoredRequest, source: ResourceSource): Promise<DeliveryReading> {
  const interpreted = interpretDelivery(connection, delivery);
  if (interpreted.do === 'apply') return { result: 'carried', reports: interpreted.reports, drift: interpreted.drift };
  if (interpreted.do === 'ignore') return { result: 'ignored', reason: interpreted.reason, drift: interpreted.drift };
  try {
    const { text, requestedAt } = await source.fetch(interpreted.subject);
    const { reports, drift } = readResource(connection, interpreted.subject, text, { form: 'fetch', at: requestedAt });
    return { result: 'fetched', reports, drift: [...interpreted.drift, ...drift], recorded: text };
  } catch (error) {
    if (!(error instanceof RemoteMissing)) throw error;
    return readMissing(interpreted, source, error);
  }
}

async function readMissing(
  { subject, whenMissing, drift }: Extract<Interpretation, { do: 'fetch' }>,
  source: ResourceSource,
  error: RemoteMissing,
): Promise<DeliveryReading> {
  if (whenMissing === 'deleted') return { result: 'fetched', reports: [tombstone(subject)], drift, recorded: '' };
  if (whenMissing === 'ignored') {
    return { result: 'ignored', reason: 'The platform does not know the resource (a test event, or already deleted).', drift };
  }
  // The deletion is pending after this delivery: retrying would only delay it.
  if (await source.isDeletedLater()) {
    return { result: 'ignored', reason: 'The resource has been deleted since; a later delivery reports the deletion.', drift };
  }
  throw error;
}

/** What the first fetch returned; null when nothing was recorded. Throws `RemoteMissing` when the platform did not have the resource then. */
export function readRecording(recorded: string | null, receivedAt: string): FetchedText | null {
  // An empty recording means a missing resource.
  if (recorded === '') throw new RemoteMissing('The recorded answer was: not found.');
  return recorded === null ? null : { text: recorded, requestedAt: receivedAt };
}

/** Reports a resource as deleted, with nothing known but its id. */
export const tombstone = ({ kind, externalId }: Subject): EntityReport => ({
  kind,
  externalId,
  lastUpdatedAt: null,
  header: null,
  lines: [],
  linesComplete: false,
  documents: null,
  deleted: true,
  source: null,
  sourceLines: null,
});
