import type { EntityReport } from '../../../domain/entities/entity.ts';
import { type Json, type JsonObject, textAt } from '../../../domain/values/json.ts';
import { readReportedTime, readTime } from '../../../domain/values/time.ts';
import { headerOf, partyOf, recordReport } from './members.ts';

/** A subscriber, the platform's word for a customer: `merchant_user_id` is the merchant's own customer number, there is no public id. */
export function subscriberReport(object: JsonObject, at?: Json): EntityReport | null {
  const id = textAt(object.merchant_user_id);
  if (id === null) return null;
  const name = [object.first_name, object.last_name].flatMap((part) => textAt(part) ?? []).join(' ');
  const header = headerOf(object, {
    status: typeof object.live === 'boolean' ? (object.live ? 'live' : 'inactive') : null,
    buyer: partyOf(id, name === '' ? null : name),
    orderedAt: readTime(object.created),
  });
  return recordReport('subscriber', id, readReportedTime(object.last_updated, at), header, object);
}
