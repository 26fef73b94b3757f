import { type Drift, findDrift, type Shape } from '../../domain/entities/drift.ts';
import type { EntityKind, EntityReport, Subject } from '../../domain/entities/entity.ts';
import { isObject, type JsonObject, listAt, objectAt, parseJson, textAt } from '../../domain/values/json.ts';
import { entitlementReport } from './read/entitlement.ts';
import { orderReport } from './read/order.ts';
import { subscriberReport } from './read/subscriber.ts';
import { subscriptionReport } from './read/subscription.ts';
import { restShapes } from './shapes.ts';

export interface FetchedReading {
  reports: EntityReport[];
  drift: Drift[];
}

/** Reads a fetched or listed resource. Orders arrive as `{order, items}`, as combined by the API client. */
export function readFetched(subject: Subject, text: string): FetchedReading {
  const document = objectAt(parseJson(text));
  if (subject.kind === 'order' || subject.kind === 'item') return readOrder(subject, document);
  const [report, shape] = READINGS[subject.kind]?.(document) ?? [];
  // Documented list rows lack members that a retrieved object has.
  return { reports: report ? [{ ...report, partial: true }] : [], drift: shape ? findDrift(document, shape) : [] };
}

/** Lists return orders without items, and items without orders; a fetch returns both, and the items are then complete. */
function readOrder(subject: Subject, document: JsonObject): FetchedReading {
  const order = isObject(document.order) ? document.order : null;
  const items = listAt(document.items).map(objectAt);
  const externalId = textAt(order?.public_id) ?? textAt(items[0]?.order) ?? (subject.kind === 'order' ? subject.externalId : null);
  const drift = [
    ...findDrift(order ?? undefined, restShapes.Order, '/order'),
    ...findDrift(document.items, { list: restShapes.Item }, '/items'),
  ];
  if (externalId === null) return { reports: [], drift };
  const complete = order !== null && Array.isArray(document.items);
  const report = orderReport({ externalId, order, items, complete });
  return { reports: [complete ? report : { ...report, partial: true }], drift };
}

const READINGS: Partial<Record<EntityKind, (document: JsonObject) => readonly [EntityReport | null, Shape]>> = {
  subscription: (document) => [subscriptionReport(document), restShapes.Subscription],
  subscriber: (document) => [subscriberReport(document), restShapes.Customer],
  entitlement: (document) => [entitlementReport(document, document), restShapes.Entitlement],
};
