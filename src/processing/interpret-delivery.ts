import type { Drift } from '../domain/entities/drift.ts';
import { type EntityReport, hasUnreadableTime, type Subject } from '../domain/entities/entity.ts';
import { OrderdockError } from '../domain/errors.ts';
import type { Connection } from '../platforms/contract/platform.ts';
import type { Interpretation, StoredRequest } from '../platforms/contract/webhook.ts';
import { stampArrival } from './merge/stamp-arrival.ts';

/** What a stored delivery reports: its platform's own reading. Throws what the platform throws; a fault of ours is no verdict on the body. */
export function interpretDelivery(connection: Connection | undefined, delivery: StoredRequest & { connection: string }): Interpretation {
  if (!connection) throw new OrderdockError('unknown_connection', `No connection is called ${delivery.connection} any more.`);
  const said = connection.platform.interpret(delivery, connection.settings);
  if (said.do !== 'apply') return said;
  const stamped = stampArrival(said, { form: 'event', at: delivery.receivedAt });
  const subject = fetchedInstead(connection, stamped.reports);
  return subject === null ? stamped : { do: 'fetch', subject, whenMissing: 'retry', drift: stamped.drift };
}

/** What a message whose time cannot be read is about, where it can be fetched: the answer is the current state. */
function fetchedInstead({ platform, settings }: Connection, reports: readonly EntityReport[]): Subject | null {
  const [report] = reports;
  if (!report || reports.length > 1 || !hasUnreadableTime(report) || !platform.canFetch?.(report.kind, settings)) return null;
  return { kind: report.kind, externalId: report.externalId };
}

/** Which kind of answer a resource came in, and when it was asked for (ISO 8601 UTC): what changed later may be missing from it. */
export interface Asked {
  form: 'fetch' | 'list';
  at: string;
}

/** What a fetched or listed resource says. */
export function readResource(
  { platform, settings }: Connection,
  subject: Subject,
  text: string,
  asked: Asked,
): { reports: EntityReport[]; drift: Drift[] } {
  return stampArrival(platform.readFetched(subject, text, settings), asked);
}
