import { type Json, type JsonObject, parseJson } from '../../../domain/values/json.ts';
import { BUYER, type SimDelivery, type SimDocument, type SimLine, type SimOrder, type SimShipment, SUPPLIER } from './world.ts';

// A decimal is written as a JSON number with exactly these digits.
const number = (digits: string): Json => parseJson(digits);

const deliveryJson = ({ position, date, quantity, status, eta }: SimDelivery): JsonObject => ({
  ...(position === null ? {} : { position }),
  date,
  quantity: number(quantity),
  status,
  ...(eta === null ? {} : { eta, transportMode: 'Road' }),
});

const documentJson = ({ objectId, code, name }: SimDocument): JsonObject => ({ code, revision: 'A', name, objectId, type: 'General' });

const shipmentDocumentJson = (document: SimDocument): JsonObject => ({
  ...documentJson(document),
  meta: { lastUpdatedAt: document.lastUpdatedAt },
});

const moneyJson = (value: string): JsonObject => ({ priceInTransactionCurrency: { value: number(value), currencyIso: 'EUR' } });

const pricesJson = (line: SimLine): JsonObject => ({
  grossPrice: moneyJson(line.gross),
  netPrice: moneyJson(line.net),
  priceUnitOfMeasureIso: line.item.unit,
  priceUnitQuantity: 1,
});

const party = ({ id, name }: { id: string; name: string }): JsonObject => ({ id, idScheme: 'KvK', names: [name], countryCodeIso2: 'NL' });

const worst = (statuses: readonly string[], order: readonly string[]): string =>
  order.find((status) => statuses.includes(status)) ?? 'Issued';

/** The order as GET and poll return it, or with only `lines` as in an event. */
export function orderJson(order: SimOrder, lines: readonly SimLine[], idName: 'id' | 'orderId', single: boolean): JsonObject {
  const process = order.lines.map((line) => line.processStatus);
  const logistics = order.lines.map((line) => line.logisticsStatus);
  return {
    [idName]: order.id,
    buyerOrder: {
      companyId: BUYER.companyId,
      buyerParty: party(BUYER),
      supplierAccountNumber: '540112',
      supplierParty: party(SUPPLIER),
      purchaseOrderNumber: order.number,
      orderType: 'Purchase',
      contact: { email: order.buyerContact },
      labels: order.labels,
      erpIssueDateTime: order.issuedAt,
      documents: order.documents.map(documentJson),
    },
    supplierOrder: { companyId: SUPPLIER.companyId, buyerAccountNumber: '20045', contact: { email: order.supplierContact } },
    indicators: { deliveryOverdue: false },
    status: {
      processStatus: worst(process, ['InProgress', 'Issued', 'Rejected', 'Confirmed', 'Completed', 'Cancelled']),
      logisticsStatus: worst(logistics, ['Open', 'Produced', 'ReadyToShip', 'Shipped', 'Delivered', 'Cancelled']),
    },
    version: order.version,
    lastUpdatedAt: order.lastUpdatedAt,
    lines: lines.map((line) => lineJson(order, line, single)),
  };
}

function lineJson(order: SimOrder, line: SimLine, single: boolean): JsonObject {
  return {
    id: `${order.id}-${line.position}`,
    lineType: 'Item',
    buyerLine: buyerLineJson(line, single),
    ...(line.salesOrder === null
      ? {}
      : { supplierLine: { salesOrderNumber: line.salesOrder.number, salesOrderPosition: line.salesOrder.position } }),
    ...(single ? singleDeliveryJson(line) : scheduleJson(line)),
    indicators: { deliveryOverdue: false },
    status: {
      processStatus: line.processStatus,
      ...(line.inProgressStatus === null ? {} : { inProgressStatus: line.inProgressStatus }),
      logisticsStatus: line.logisticsStatus,
    },
    mergedItemDetails: { countryOfOriginCodeIso2: 'NL', ...(line.batchNumber === null ? {} : { batchNumber: line.batchNumber }) },
    lastUpdatedAt: line.lastUpdatedAt,
  };
}

function buyerLineJson(line: SimLine, single: boolean): JsonObject {
  const { number: itemNumber, name, unit, supplierNumber } = line.item;
  return {
    position: line.position,
    description: line.description,
    item: { number: itemNumber, name, purchaseUnitOfMeasureIso: unit, supplierItemNumber: supplierNumber },
    ...(single || line.history.length === 0
      ? {}
      : { deliveryHistory: line.history.map((entry) => ({ ...entry, quantity: number(entry.quantity) })) }),
    notes: line.notes,
    documents: line.documents.map(documentJson),
  };
}

function scheduleJson(line: SimLine): JsonObject {
  return {
    deliverySchedule: line.schedule.map(deliveryJson),
    deliveryScheduleIncludingRequests: (line.requested ?? line.schedule).map(deliveryJson),
    prices: pricesJson(line),
    pricesIncludingRequests: pricesJson(line),
    ...(line.processStatus === 'Confirmed'
      ? { confirmedLine: { deliverySchedule: line.schedule.map(deliveryJson), prices: pricesJson(line) } }
      : {}),
  };
}

function singleDeliveryJson(line: SimLine): JsonObject {
  const [delivery] = line.schedule;
  const [requested] = line.requested ?? line.schedule;
  return {
    statusLine: {
      ...(delivery ? { scheduledDelivery: deliveryJson(delivery) } : {}),
      ...(requested ? { scheduledDeliveryInclRequests: deliveryJson(requested) } : {}),
      prices: pricesJson(line),
      pricesInclRequests: pricesJson(line),
    },
  };
}

export function shipmentJson(shipment: SimShipment): JsonObject {
  const lines = (loaded: boolean) =>
    shipment.lines.filter((line) => line.loaded === loaded).map((line) => shipmentLineJson(shipment, line));
  return {
    id: shipment.id,
    identifiers: { trackingNumber: shipment.trackingNumber },
    transportMode: 'Road',
    supplierShipment: {
      companyId: SUPPLIER.companyId,
      supplierParty: { id: SUPPLIER.id, idScheme: 'KvK' },
      buyerAccountNumber: '20045',
      shipmentNumber: shipment.number,
      documents: shipment.supplierDocuments.map(shipmentDocumentJson),
    },
    buyerShipment: {
      companyId: BUYER.companyId,
      buyerParty: { id: BUYER.id, idScheme: 'KvK' },
      supplierAccountNumber: '540112',
      documents: shipment.buyerDocuments.map(shipmentDocumentJson),
    },
    loadCarriers: [{ packageSSCC: '087123450000000017', packageType: 'PX', lines: lines(true) }],
    lines: lines(false),
    status: { processStatus: shipment.status },
    meta: { lastUpdatedAt: shipment.lastUpdatedAt },
  };
}

function shipmentLineJson(shipment: SimShipment, line: SimShipment['lines'][number]): JsonObject {
  const item = shipment.order.lines.find(({ position }) => position === line.position)?.item;
  return {
    purchaseOrderNumber: shipment.order.number,
    purchaseOrderLinePosition: line.position,
    ...(line.deliveryPosition === '' ? {} : { deliverySchedulePosition: line.deliveryPosition }),
    item: {
      buyerItemNumber: item?.number,
      buyerItemName: item?.name,
      supplierItemNumber: item?.supplierNumber,
      purchaseUnitOfMeasureIso: item?.unit,
    },
    supplierLine: {
      despatchAdviceNumber: `DA-${shipment.number}`,
      despatchAdviceLinePosition: line.position,
      despatchQuantity: number(line.quantity),
    },
    meta: { lastUpdatedAt: line.lastUpdatedAt },
  };
}
