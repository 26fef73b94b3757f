import type { EntityReport, Header, LineReport } from '../../../domain/entities/entity.ts';
import { checkLineCount } from '../../../domain/entities/line-limit.ts';
import { decimalText } from '../../../domain/values/decimal.ts';
import { isObject, type JsonObject, withoutMember } from '../../../domain/values/json.ts';
import { isReported, readReportedTime } from '../../../domain/values/time.ts';
import { firstText, firstTime, isDeleted, readBuyer, readLastUpdated, readSupplier } from './members.ts';

/**
 * An order as a detail (with `lineItems`, which are then all its lines), as a list summary, or as a thin event: members missing from a partial
 * one stay as stored.
 */
export function readOrder(externalId: string, order: JsonObject): EntityReport {
  const { lineItems } = order;
  const whole = Array.isArray(lineItems);
  if (whole) checkLineCount(lineItems.length);
  return {
    kind: 'order',
    externalId,
    ...readLastUpdated(order),
    header: readOrderHeader(order),
    lines: whole ? readLines(lineItems.filter(isObject)) : [],
    linesComplete: whole,
    documents: null,
    deleted: isDeleted(order),
    ...(whole ? {} : { partial: true }),
    // Last: a large order loses its lines in place.
    source: withoutMember(order, 'lineItems'),
    sourceLines: 'lineItems',
  };
}

function readOrderHeader(order: JsonObject): Header {
  return {
    number: firstText(order, 'number', 'orderNumber'),
    // There is no order_cancelled event and no published list of statuses: a cancellation may show only in `cancelledAt`.
    status: firstText(order, 'status', 'orderStatus') ?? (isReported(order.cancelledAt) ? 'Cancelled' : null),
    currency: null,
    buyer: readBuyer(order),
    supplier: readSupplier(order),
    total: decimalText(order.total),
    orderedAt: firstTime(order, 'placedOn', 'createdAt'),
  };
}

function readLines(items: JsonObject[]): LineReport[] {
  const taken = new Set<string>();
  return items.map((item, index) => {
    const externalId = freeId(lineId(item) ?? `#${index + 1}`, taken);
    taken.add(externalId);
    return { externalId, ...readReportedTime(item.updatedAt), content: readLine(item), source: item };
  });
}

// Receivers of the flat body have seen line items without an id (2025): the product identifies the line then.
const lineId = (item: JsonObject): string | null => firstText(item, 'id', 'variantId', 'productId', 'SKU');

function freeId(wanted: string, taken: ReadonlySet<string>): string {
  if (!taken.has(wanted)) return wanted;
  for (let copy = 2; ; copy++) if (!taken.has(`${wanted}#${copy}`)) return `${wanted}#${copy}`;
}

function readLine(item: JsonObject): LineReport['content'] {
  const net = decimalText(item.price);
  return {
    position: null,
    item: { number: firstText(item, 'SKU'), name: firstText(item, 'name'), supplierNumber: null },
    description: firstText(item, 'description'),
    quantity: decimalText(item.quantity),
    unit: null,
    status: null,
    price: net === null ? null : { net, gross: null, currency: null, unit: null, per: null },
    deliverySchedule: [],
  };
}
