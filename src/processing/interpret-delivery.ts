import type { Context } from '../context.ts';
import type { Drift } from '../domain/entities/drift.ts';
import { type EntityReport, hasUnreadableTime, type Subject } from '../domain/entities/entity.ts';
import { OrderdockError } from '../domain/errors.ts';
import { checkDocumentSize } from '../domain/values/document-size.ts';
import type { Connection } from '../platforms/contract/platform.ts';
import type { Interpretation, StoredRequest } from '../platforms/contract/webhook.ts';
import { stampArrival } from './merge/stamp-arrival.ts';

/** The connection that received a delivery: it may have been removed from the configuration since. */
export function requireConnection(connections: Context['connections'], name: string): Connection {
  const connection = connections.get(name);
  if (!connection) throw new OrderdockError('unknown_connection', `The connection ${name} is no longer configured.`);
  return connection;
}

/**
 * Interprets a stored delivery as its platform does. Passes on what the platform throws; an error of our own does not mean that the body is
 * invalid.
 */
export function interpretDelivery(connection: Connection, delivery: StoredRequest): Interpretation {
  checkDocumentSize(delivery.body);
  const interpreted = connection.platform.interpret(delivery, connection.settings);
  if (interpreted.do !== 'apply') return interpreted;
  const stamped = stampArrival(interpreted, { form: 'event', at: delivery.receivedAt });
  const subject = fetchedInstead(connection, stamped.reports);
  return subject === null ? stamped : { do: 'fetch', subject, whenMissing: 'retry', drift: stamped.drift };
}

/** The resource to fetch in place of a message whose time cannot be read, if the platform allows it: the answer is the current state. */
function fetchedInstead({ platform, settings }: Connection, reports: readonly EntityReport[]): Subject | null {
  const [report] = reports;
  if (!report || reports.length > 1 || !hasUnreadableTime(report) || !platform.canFetch?.(report.kind, settings)) return null;
  return { kind: report.kind, externalId: report.externalId };
}

/** The kind of answer that contained a resource, and when it was requested (ISO 8601 UTC): a later change may be missing from it. */
export interface Requested {
  form: 'fetch' | 'list';
  at: string;
}

/** Reads a fetched or listed resource. */
export function readResource(
  { platform, settings }: Connection,
  subject: Subject,
  text: string,
  requested: Requested,
): { reports: EntityReport[]; drift: Drift[] } {
  return stampArrival(platform.readFetched(subject, text, settings), requested);
}
