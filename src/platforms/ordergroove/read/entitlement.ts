import type { EntityReport } from '../../../domain/entities/entity.ts';
import { type Json, type JsonObject, listAt, objectAt, textAt } from '../../../domain/values/json.ts';
import { readReportedTime, readTime } from '../../../domain/values/time.ts';
import { headerOf, partyOf, recordReport } from './members.ts';

/** One event contains a customer's entitlements, each a separate record. */
export const entitlementReports = (object: JsonObject, at?: Json): EntityReport[] =>
  listAt(object.entitlements).flatMap((entry) => entitlementReport(objectAt(entry), object, at) ?? []);

/** `holder` has the customer and the merchant: the event's object, or the entitlement itself from the API. */
export function entitlementReport(entry: JsonObject, holder: JsonObject, at?: Json): EntityReport | null {
  const id = textAt(entry.public_id);
  if (id === null) return null;
  const header = headerOf(holder, {
    number: textAt(objectAt(entry.resource).public_id),
    status: typeof entry.live === 'boolean' ? (entry.live ? 'live' : 'ended') : null,
    buyer: partyOf(holder.customer ?? holder.merchant_user_id),
    orderedAt: readTime(entry.created),
  });
  return recordReport('entitlement', id, readReportedTime(entry.last_updated, at), header, entry);
}
