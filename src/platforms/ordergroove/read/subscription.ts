import type { EntityReport } from '../../../domain/entities/entity.ts';
import { type Json, type JsonObject, textAt } from '../../../domain/values/json.ts';
import { readReportedTime, readTime } from '../../../domain/values/time.ts';
import { headerOf, recordReport } from './members.ts';

/** A subscription, from an event (times in seconds since 1970) or the API (times without a zone). `at`: used if it has no time of its own. */
export function subscriptionReport(object: JsonObject, at?: Json): EntityReport | null {
  const id = textAt(object.public_id);
  if (id === null) return null;
  const header = headerOf(object, {
    number: textAt(object.external_id),
    status: statusOf(object),
    total: null,
    orderedAt: readTime(object.created),
  });
  return recordReport('subscription', id, readReportedTime(object.updated, at), header, object);
}

// `cancelled` keeps its old time after a reactivation: `live` decides if present.
function statusOf(object: JsonObject): string | null {
  if (typeof object.live === 'boolean') return object.live ? 'live' : 'cancelled';
  return textAt(object.cancelled) === null ? null : 'cancelled';
}
