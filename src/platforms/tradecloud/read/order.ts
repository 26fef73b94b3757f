import { createHash } from 'node:crypto';
import type {
  DocumentReport,
  EntityReport,
  Header,
  LineContent,
  LineReport,
  Party,
  Price,
  ScheduledDelivery,
} from '../../../domain/entities/entity.ts';
import { checkLineCount } from '../../../domain/entities/line-limit.ts';
import { decimalText, sumDecimals } from '../../../domain/values/decimal.ts';
import { isObject, type Json, type JsonObject, listAt, objectAt, textAt, withoutMember } from '../../../domain/values/json.ts';
import { type ReportedTime, readDate, readReportedTime, readTime } from '../../../domain/values/time.ts';
import { documentsOf, onceEach } from './documents.ts';

/** An order as reported by an event, a fetch or a poll. `whole`: it has all its lines (an event has only the affected ones). */
export function readOrder(order: JsonObject, orderId: string, whole: boolean): EntityReport {
  const lines = readLines(order, orderId);
  const header = readHeader(order, orderId, lines);
  return {
    kind: 'order',
    externalId: orderId,
    ...updatedAt(order),
    header,
    lines,
    // A shortened record without any `lines` member says nothing about them.
    linesComplete: whole && Array.isArray(order.lines),
    documents: readOrderDocuments(order, lines),
    deleted: false,
    // The currency is part of the lines' prices: an event whose lines have none does not mean that the order has none.
    ...(whole || header.currency !== null ? {} : { partial: true }),
    // Last: a large order loses its lines in place.
    source: withoutMember(order, 'lines'),
    sourceLines: 'lines',
  };
}

// `lastChangedAt` was in one manual from 2022-04 to 2023-11 and was never seen in a body; reading it costs nothing.
const updatedAt = (value: JsonObject): ReportedTime => readReportedTime(value.lastUpdatedAt, value.lastChangedAt);

function readHeader(order: JsonObject, orderId: string, lines: readonly LineReport[]): Header {
  const buyerOrder = objectAt(order.buyerOrder);
  const supplierOrder = objectAt(order.supplierOrder);
  const buyerId = textAt(buyerOrder.companyId);
  const supplierParty = objectAt(buyerOrder.supplierParty);
  const account = textAt(buyerOrder.supplierAccountNumber) ?? textAt(order.supplierAccountNumber);
  return {
    number: textAt(buyerOrder.purchaseOrderNumber) ?? textAt(order.purchaseOrderNumber) ?? numberIn(orderId, buyerId),
    status: textAt(objectAt(order.status).processStatus),
    currency: lines.map((line) => line.content.price?.currency ?? null).find((currency) => currency !== null) ?? null,
    buyer: readParty(buyerId, objectAt(buyerOrder.buyerParty)),
    supplier: readParty(textAt(supplierOrder.companyId), supplierParty, account),
    total: null,
    orderedAt: readTime(buyerOrder.erpIssueDateTime) ?? readTime(order.erpIssueDateTime),
  };
}

const numberIn = (orderId: string, buyerId: string | null): string | null =>
  buyerId !== null && orderId.startsWith(`${buyerId}-`) ? orderId.slice(buyerId.length + 1) : null;

/** A party, identified by its company at Tradecloud or else by its own id, with the first of its names. */
export function readParty(companyId: string | null, party: JsonObject, account: string | null = null): Party | null {
  const id = companyId ?? textAt(party.id) ?? account;
  const name =
    listAt(party.names)
      .map(textAt)
      .find((text) => text !== null) ?? null;
  return id === null && name === null ? null : { id, name };
}

function readLines(order: JsonObject, orderId: string): LineReport[] {
  const lines = listAt(order.lines).filter(isObject);
  checkLineCount(lines.length);
  const taken = new Map<string, number>();
  return lines.map((line) => {
    const content = readLine(line);
    return { externalId: unique(lineId(line, orderId, content), taken), ...updatedAt(line), content, source: line };
  });
}

// Two different lines must never share an id. A repeated id within one body gets a number; the first keeps the plain id.
function unique(id: string, taken: Map<string, number>): string {
  const count = (taken.get(id) ?? 0) + 1;
  taken.set(id, count);
  return count === 1 ? id : `${id}-${count}`;
}

/**
 * A line's permanent name: its own id, else order and position. A line that the supplier split off (single delivery) has an empty position until
 * the buyer's ERP assigns one, and its id in the meantime is not documented: it is named after the line it came from, its item, the supplier's own
 * position and the day of its delivery (the reason for a split), so that the same split-off line is found again when quantity, price or status
 * change. Once it has a position it is another line; the next fetch or poll marks this one removed.
 */
function lineId(line: JsonObject, orderId: string, content: LineContent): string {
  const id = textAt(line.id);
  if (id !== null && (content.position !== null || id !== `${orderId}-`)) return id;
  if (content.position !== null) return `${orderId}-${content.position}`;
  const origin = textAt(objectAt(line.buyerLine).originalPosition) ?? '';
  const { salesOrderNumber, ...supplier } = objectAt(line.supplierLine);
  const identity = [content.item?.number, textAt(salesOrderNumber), salesPosition(supplier), content.deliverySchedule[0]?.date];
  const digest = createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 12);
  return `${orderId}-split-${origin}-${digest}`;
}

// Three spellings: the receive pages, the vendor's sending sample, the vendor's search view.
const salesPosition = (line: JsonObject): string | null =>
  textAt(line.salesOrderPosition) ?? textAt(line.salesOrderLinePosition) ?? textAt(line.position);

function readLine(line: JsonObject): LineContent {
  const buyerLine = objectAt(line.buyerLine);
  const item = objectAt(buyerLine.item);
  const schedule = scheduleOf(line, buyerLine);
  return {
    position: textAt(buyerLine.position),
    item: isObject(buyerLine.item)
      ? { number: textAt(item.number), name: textAt(item.name), supplierNumber: textAt(item.supplierItemNumber) }
      : null,
    description: textAt(buyerLine.description),
    quantity: sumDecimals(schedule.map((delivery) => delivery.quantity)),
    unit: textAt(item.purchaseUnitOfMeasureIso),
    status: textAt(objectAt(line.status).processStatus),
    price: readPrice(objectAt(line.statusLine).prices ?? line.prices ?? buyerLine.prices),
    deliverySchedule: schedule,
  };
}

/**
 * The agreed or issued deliveries, never those including open requests: the schedule or, in single-delivery mode, the one delivery
 * of `statusLine`. If a body has neither, what the buyer requested.
 */
function scheduleOf(line: JsonObject, buyerLine: JsonObject): ScheduledDelivery[] {
  const single = objectAt(line.statusLine).scheduledDelivery;
  if (isObject(single)) return [readDelivery(single)];
  const schedule = line.deliverySchedule ?? buyerLine.deliverySchedule ?? buyerLine.scheduledDelivery;
  return listAt(schedule).filter(isObject).map(readDelivery);
}

const readDelivery = (delivery: JsonObject): ScheduledDelivery => ({
  position: textAt(delivery.position),
  date: readDate(delivery.date),
  quantity: decimalText(delivery.quantity),
  status: textAt(delivery.status),
});

function readPrice(value: Json | undefined): Price | null {
  if (!isObject(value)) return null;
  const [net, gross] = [readMoney(value.netPrice), readMoney(value.grossPrice)];
  return {
    net: net.amount,
    gross: gross.amount,
    currency: net.currency ?? gross.currency,
    unit: textAt(value.priceUnitOfMeasureIso),
    per: decimalText(value.priceUnitQuantity),
  };
}

function readMoney(price: Json | undefined): { amount: string | null; currency: string | null } {
  const money = objectAt(objectAt(price).priceInTransactionCurrency);
  return { amount: decimalText(money.value), currency: textAt(money.currencyIso) };
}

function readOrderDocuments(order: JsonObject, lines: readonly LineReport[]): DocumentReport[] | null {
  const header = documentsOf([objectAt(order.buyerOrder), objectAt(order.supplierOrder), order], null);
  const perLine = lines.map(({ externalId, source }) =>
    documentsOf([objectAt(source.buyerLine), objectAt(source.supplierLine), source], externalId),
  );
  const all = [header, ...perLine];
  return all.some(({ reported }) => reported) ? onceEach(all.flatMap(({ documents }) => documents)) : null;
}
