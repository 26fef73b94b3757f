import type { Party } from '../../../domain/entities/entity.ts';
import { isObject, type JsonObject, objectAt, textAt } from '../../../domain/values/json.ts';
import { isReported, type ReportedTime, readReportedTime, readTime } from '../../../domain/values/time.ts';

/** The first of the named members that is a text. Ordermentum writes a missing value as null or `{}` (in its docs), or omits it. */
export function firstText(resource: JsonObject, ...names: string[]): string | null {
  for (const name of names) {
    const text = textAt(resource[name]);
    if (text !== null) return text;
  }
  return null;
}

/** The first of the named members that is a time; ISO 8601 UTC. */
export function firstTime(resource: JsonObject, ...names: string[]): string | null {
  for (const name of names) {
    const time = readTime(resource[name]);
    if (time !== null) return time;
  }
  return null;
}

const party = (id: string | null, name: string | null): Party | null => (id === null && name === null ? null : { id, name });

/** The buyer: the purchaser (the retailer as this supplier's customer), else the retailer. Their ids differ and are never mixed. */
export function readBuyer(resource: JsonObject): Party | null {
  const purchaser = objectAt(resource.purchaser);
  const retailerName = firstText(resource, 'retailerName', 'retailerAlias') ?? firstText(objectAt(resource.retailer), 'name');
  const purchaserId = textAt(purchaser.id) ?? firstText(resource, 'purchaserId');
  const purchaserName = firstText(purchaser, 'name', 'retailerTradingName', 'retailerAlias') ?? firstText(resource, 'purchaserName');
  if (purchaserId !== null || purchaserName !== null) return party(purchaserId, purchaserName ?? retailerName);
  return party(firstText(resource, 'retailerId') ?? firstText(objectAt(resource.retailer), 'id'), retailerName);
}

export function readSupplier(resource: JsonObject): Party | null {
  const supplier = objectAt(resource.supplier);
  return party(firstText(resource, 'supplierId') ?? textAt(supplier.id), firstText(resource, 'supplierName') ?? textAt(supplier.name));
}

/** The time of the latest state: a deletion may have a later time than the last update. */
export function readLastUpdated(resource: JsonObject): ReportedTime {
  const updated = readReportedTime(resource.updatedAt, resource.updated_at);
  const deleted = readReportedTime(resource.deletedAt);
  if (deleted.lastUpdatedAt === null) return updated.lastUpdatedAt === null && !updated.timeUnreadable ? deleted : updated;
  return updated.lastUpdatedAt === null || deleted.lastUpdatedAt > updated.lastUpdatedAt ? deleted : updated;
}

/** A deletion with an unreadable time is still a deletion. */
export const isDeleted = (resource: JsonObject): boolean => isReported(resource.deletedAt) && resource.deletedAt !== false;

/** `data` if it is an object, else the document itself: webhooks and details use both forms. */
export const unwrapped = (document: JsonObject): JsonObject => (isObject(document.data) ? document.data : document);
