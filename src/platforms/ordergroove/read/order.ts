import type { EntityReport, Header, LineReport } from '../../../domain/entities/entity.ts';
import { checkLineCount } from '../../../domain/entities/line-limit.ts';
import { decimalText } from '../../../domain/values/decimal.ts';
import { type Json, type JsonObject, listAt, objectAt, textAt } from '../../../domain/values/json.ts';
import { isReported, type ReportedTime, readReportedTime, readTime } from '../../../domain/values/time.ts';
import { headerOf } from './members.ts';

/** developer.ordergroove.com/reference/order-status-codes, read 2026-07. */
export const ORDER_STATUSES: Readonly<Record<string, string>> = {
  '1': 'UNSENT',
  '3': 'REJECTED',
  '4': 'CANCELLED',
  '5': 'SUCCESS',
  '6': 'SEND_NOW',
  '9': 'PENDING_BATCH_RESPONSE',
  '10': 'PENDING_VERIFICATION',
  '11': 'PENDING_PLACEMENT',
  '12': 'EXCEPTION_DURING_PLACEMENT_PREPARATION',
  '13': 'CONNECTION_ERROR_DURING_PLACEMENT',
  '14': 'RESPONSE_PROCESSING_ERROR',
  '15': 'GENERIC_ERROR_RESPONSE',
  '17': 'MERGED',
  '18': 'CREDIT_CARD_RETRY',
  '19': 'AWAITING_RETRY_INSTRUCTIONS',
  '20': 'AWAITING_RESPONSE_CLASSIFICATION',
};

/** What is known about an order: its own object, its items, or both. */
export interface OrderParts {
  externalId: string;
  order: JsonObject | null;
  items: readonly JsonObject[];
  /** All of the order's items are present, so a missing one has been removed. */
  complete: boolean;
  /** When it was reported: events do not contain the order's own time. */
  time?: ReportedTime;
}

/** An order with its items as lines. */
export function orderReport({ externalId, order, items, complete, time }: OrderParts): EntityReport {
  checkLineCount(items.length);
  return {
    kind: 'order',
    externalId,
    ...(time ?? readReportedTime(order?.updated, latest(items))),
    header: order === null ? null : orderHeader(order),
    lines: items.flatMap((item) => lineReport(item) ?? []),
    linesComplete: complete,
    documents: null,
    deleted: false,
    source: order,
    sourceLines: 'items',
  };
}

function orderHeader(order: JsonObject): Header {
  return headerOf(order, {
    // The merchant's own number, known once the order has been placed.
    number: textAt(order.order_merchant_id),
    status: orderStatus(order),
    currency: textAt(order.currency_code),
    orderedAt: readTime(order.created),
  });
}

/** The status by its documented name; an undocumented code stays a code. */
function orderStatus(order: JsonObject): string | null {
  const code = textAt(order.status);
  if (code !== null) return ORDER_STATUSES[code] ?? code;
  return textAt(order.status_display)?.trim().toUpperCase().replaceAll(/\s+/g, '_') ?? null;
}

/** One item as a line; null if it has no id. Items have no position. */
export function lineReport(item: JsonObject): LineReport | null {
  const externalId = textAt(item.public_id);
  if (externalId === null) return null;
  const price = decimalText(item.price);
  const product = textAt(item.product);
  return {
    externalId,
    lastUpdatedAt: null,
    content: {
      position: null,
      item: product === null ? null : { number: product, name: null, supplierNumber: null },
      description: null,
      quantity: decimalText(item.quantity),
      unit: null,
      status: textAt(item.first_placed) === null ? null : 'PLACED',
      price: price === null ? null : { net: price, gross: null, currency: textAt(item.currency_code), unit: null, per: null },
      deliverySchedule: [],
    },
    source: item,
  };
}

/** The items' `order_updated` is their order's time: in the documented response a retrieved order has none. */
function latest(items: readonly JsonObject[]): Json | undefined {
  const times = items.map((item) => item.order_updated).filter(isReported);
  return times.reduce((newest, at) => ((readTime(at) ?? '') > (readTime(newest) ?? '') ? at : newest), times[0]);
}

/** The items of `items` that belong to an order. */
export const itemsOf = (items: unknown, orderId: string): JsonObject[] =>
  listAt(items)
    .map(objectAt)
    .filter((item) => textAt(item.order) === orderId);
