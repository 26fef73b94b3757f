import { type Drift, findDrift, unknownEvent } from '../../domain/entities/drift.ts';
import type { EntityReport, Subject } from '../../domain/entities/entity.ts';
import { bodyText } from '../../domain/values/body-text.ts';
import { listAt, objectAt, textAt } from '../../domain/values/json.ts';
import { readReportedTime } from '../../domain/values/time.ts';
import type { Interpretation, StoredRequest } from '../contract/webhook.ts';
import type { Family } from './events.ts';
import { entitlementReports } from './read/entitlement.ts';
import { type OrdergrooveEvent, readEvent, subjectOf } from './read/event.ts';
import { itemsOf, lineReport, orderReport } from './read/order.ts';
import { subscriberReport } from './read/subscriber.ts';
import { subscriptionReport } from './read/subscription.ts';
import type { OrdergrooveSettings } from './settings.ts';
import { eventShapes } from './shapes.ts';

type Reading = { do: 'apply'; reports: EntityReport[] } | { do: 'fetch'; subject: Subject } | { do: 'ignore'; reason: string };

/** Pure: what an event reports. With an API, orders are fetched: their events have neither items nor a time of change. */
export function interpret(delivery: StoredRequest, settings: OrdergrooveSettings): Interpretation {
  const event = readEvent(bodyText(delivery.body, delivery.contentType));
  if (event.family === null) return { do: 'ignore', reason: 'unknown event type', drift: [unknownEvent(event.type, '/type')] };
  const drift: Drift[] = findDrift(event.body, eventShapes[event.family]);
  const subject = subjectOf(event);
  const reading = READINGS[event.family](event, subject, settings.api !== undefined);
  // Test events from the platform's admin have invented ids, so an unknown resource is ignored.
  return reading.do === 'fetch' ? { ...reading, whenMissing: 'ignored', drift } : { ...reading, drift };
}

const READINGS: Readonly<Record<Family, (event: OrdergrooveEvent, subject: Subject | null, hasApi: boolean) => Reading>> = {
  subscriber: ({ object, createdAt }) => apply([subscriberReport(object, createdAt)]),
  subscription: ({ object, createdAt }) => apply([subscriptionReport(object, createdAt)]),
  entitlement: ({ object, createdAt }) => apply(entitlementReports(object, createdAt)),
  order: readOrderEvent,
  item: readItemEvent,
  workflow: ({ type }) => ({ do: 'ignore', reason: `${type} is a message to a customer` }),
};

function readOrderEvent(event: OrdergrooveEvent, subject: Subject | null, hasApi: boolean): Reading {
  const { object, snapshot, createdAt: at } = event;
  if (subject === null) return { do: 'ignore', reason: 'the event names no order' };
  const { externalId } = subject;
  // A deleted order never comes back, so neither a stored time nor its uncertain zone matters.
  if (event.type === 'order.delete')
    return apply([{ ...orderReport({ externalId, order: null, items: [], complete: false }), deleted: true }]);
  if (hasApi) return { do: 'fetch', subject };
  return apply([
    orderReport({ externalId, order: object, items: itemsOf(snapshot.items, externalId), complete: false, time: readReportedTime(at) }),
  ]);
}

function readItemEvent(event: OrdergrooveEvent, subject: Subject | null, hasApi: boolean): Reading {
  const { object, snapshot, createdAt: at } = event;
  if (hasApi && subject !== null) return { do: 'fetch', subject };
  if (subject?.kind !== 'order') return { do: 'ignore', reason: 'the item does not name its order, and no API is configured' };
  const order =
    listAt(snapshot.orders)
      .map(objectAt)
      .find((one) => textAt(one.public_id) === subject.externalId) ?? null;
  const report = orderReport({ externalId: subject.externalId, order, items: [], complete: false, time: readReportedTime(at) });
  const line = lineReport(object);
  const lines = line === null ? [] : [event.type === 'item.remove' ? { ...line, removed: true } : line];
  return apply([{ ...report, lines }]);
}

/** Merchants can customise events: members that one leaves out stay as stored. */
function apply(reports: readonly (EntityReport | null)[]): Reading {
  const reported = reports
    .filter((report) => report !== null)
    .map((report) => ({ ...report, partial: true, lines: report.lines.map((line) => ({ ...line, partial: true })) }));
  return reported.length === 0 ? { do: 'ignore', reason: 'the event contains nothing to store' } : { do: 'apply', reports: reported };
}
