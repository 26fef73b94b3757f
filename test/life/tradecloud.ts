/** Tradecloud's JSON in brief, with invented values: only what a test specifies differs from the default. */
export const COMPANY = '7c1d94e0-3a5f-4b6e-9d02-5e8f1a2b3c4d';
const SUPPLIER = '2f6a8b10-9c3d-4e5f-8a71-0b1c2d3e4f50';

export interface LineParts {
  position: string;
  at: string;
  /** As JSON: a number, or a text in quotes. */
  quantity?: string;
  net?: string;
  status?: string;
  item?: string;
  /** Further members of the line, as JSON text without braces. */
  more?: string;
}

export interface OrderParts {
  number: string;
  at: string;
  lines: readonly string[];
  status?: string;
  more?: string;
}

export const orderId = (number: string): string => `${COMPANY}-${number}`;

/** One order line as JSON text: numbers are written exactly as given. */
export function lineJson(
  number: string,
  { position, at, quantity = '10', net = '1.10', status = 'Issued', item = 'A-1', more }: LineParts,
): string {
  return `{"id":"${orderId(number)}-${position}","buyerLine":{"position":"${position}","description":"Bearing ${item}","item":{"number":"${item}",
"name":"Bearing","purchaseUnitOfMeasureIso":"PCE","supplierItemNumber":"S-${item}"}},
"deliverySchedule":[{"position":"1","date":"2026-05-04","quantity":${quantity},"status":"Open"}],
"deliveryScheduleIncludingRequests":[{"position":"1","date":"2026-05-11","quantity":77,"status":"Open"}],
"prices":{"grossPrice":{"priceInTransactionCurrency":{"value":1.20,"currencyIso":"EUR"}},"netPrice":{"priceInTransactionCurrency":{"value":${net},
"currencyIso":"EUR"}},"priceUnitOfMeasureIso":"PCE","priceUnitQuantity":1},"status":{"processStatus":"${status}","logisticsStatus":"Open"},
"lastUpdatedAt":"${at}"${more ? `,${more}` : ''}}`;
}

const orderMembers = ({ number, at, lines, status = 'Issued', more }: OrderParts): string =>
  `"buyerOrder":{"companyId":"${COMPANY}","buyerParty":{"id":"NL-7","names":["Veldhuis Pompen B.V."]},
"supplierParty":{"id":"L-55","names":["Bergmann Guss GmbH"]},"purchaseOrderNumber":"${number}","erpIssueDateTime":"2026-04-01T08:30:00"},
"supplierOrder":{"companyId":"${SUPPLIER}"},"status":{"processStatus":"${status}","logisticsStatus":"Open"},"version":1,
"lastUpdatedAt":"${at}","lines":[${lines.join(',')}]${more ? `,${more}` : ''}`;

/** An order as `GET /order/{id}` returns it. */
export const orderJson = (parts: OrderParts): string => `{"id":"${orderId(parts.number)}",${orderMembers(parts)}}`;

export interface EventParts extends OrderParts {
  /** Null: the event carries none. */
  messageId: string | null;
  eventName?: string;
  member?: 'orderEvent' | 'singleDeliveryOrderEvent' | 'simpleOrderEvent';
}

/** An order event as it is pushed. */
export function eventJson(parts: EventParts): string {
  const { messageId, eventName = 'OrderLinesAcceptedBySupplier', member = 'orderEvent' } = parts;
  const meta = messageId === null ? '' : `,"meta":{"messageId":"${messageId}","createdDateTime":"${parts.at}"}`;
  return `{"eventName":"${eventName}","${member}":{"orderId":"${orderId(parts.number)}",${orderMembers(parts)}}${meta}}`;
}

/** An order with so many lines, otherwise ordinary. */
export const plainEvent = (number: string, at: string, messageId: string, quantity = '10'): string =>
  eventJson({ number, at, messageId, lines: [lineJson(number, { position: '0010', at, quantity })] });

interface ShipmentLine {
  position: string;
  quantity: string;
}

const shipmentLine = ({ position, quantity }: ShipmentLine, at: string): string =>
  `{"purchaseOrderNumber":"PO1","purchaseOrderLinePosition":"${position}","deliverySchedulePosition":"1",
"item":{"buyerItemNumber":"A-1","buyerItemName":"Bearing","supplierItemNumber":"S-A-1","purchaseUnitOfMeasureIso":"PCE"},
"supplierLine":{"despatchAdviceNumber":"DA1","despatchAdviceLinePosition":"${position}","despatchQuantity":${quantity}},"meta":{"lastUpdatedAt":"${at}"}}`;

export const shipmentId = (number: string): string => `${SUPPLIER}-${number}`;

/** A shipment with one line beside its load carrier and one in it. */
export const shipmentJson = (number: string, at: string, loaded = '2.50'): string =>
  `{"id":"${shipmentId(number)}","identifiers":{"trackingNumber":"TR-${number}"},"transportMode":"Road",
"supplierShipment":{"companyId":"${SUPPLIER}","shipmentNumber":"${number}","supplierParty":{"id":"L-55","idScheme":"GLN"},"documents":[]},
"buyerShipment":{"companyId":"${COMPANY}","documents":[]},
"loadCarriers":[{"packageSSCC":"003","packageType":"PX","lines":[${shipmentLine({ position: '0020', quantity: loaded }, at)}]}],
"lines":[${shipmentLine({ position: '0010', quantity: '"6.10"' }, at)}],"status":{"processStatus":"Issued"},"meta":{"lastUpdatedAt":"${at}"}}`;

export const shipmentEvent = (number: string, at: string, messageId: string, loaded?: string): string =>
  `{"eventName":"ShipmentIssuedBySupplier","shipment":${shipmentJson(number, at, loaded)},"meta":{"messageId":"${messageId}"}}`;
