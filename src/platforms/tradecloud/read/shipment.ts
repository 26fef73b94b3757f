import type { DocumentReport, EntityReport, Header, LineContent, LineReport } from '../../../domain/entities/entity.ts';
import { checkLineCount } from '../../../domain/entities/line-limit.ts';
import { decimalText } from '../../../domain/values/decimal.ts';
import { isObject, type JsonObject, listAt, objectAt, textAt } from '../../../domain/values/json.ts';
import { readReportedTime } from '../../../domain/values/time.ts';
import { documentsOf, onceEach } from './documents.ts';
import { readParty } from './order.ts';

/** A shipment. Every body is complete: lines inside and outside load carriers, and all documents. */
export function readShipment(shipment: JsonObject, shipmentId: string): EntityReport {
  const loose = listAt(shipment.lines).filter(isObject);
  const loaded = listAt(shipment.loadCarriers).filter(isObject);
  return {
    kind: 'shipment',
    externalId: shipmentId,
    ...readReportedTime(objectAt(shipment.meta).lastUpdatedAt, shipment.lastUpdatedAt),
    header: readHeader(shipment, shipmentId),
    lines: readLines([...loose, ...loaded.flatMap((carrier) => listAt(carrier.lines).filter(isObject))]),
    linesComplete: Array.isArray(shipment.lines) || Array.isArray(shipment.loadCarriers),
    documents: readShipmentDocuments(shipment),
    deleted: false,
    source: shipment,
    sourceLines: null,
  };
}

function readHeader(shipment: JsonObject, shipmentId: string): Header {
  const supplier = objectAt(shipment.supplierShipment);
  const buyer = objectAt(shipment.buyerShipment);
  const supplierId = textAt(supplier.companyId);
  const prefix = `${supplierId}-`;
  return {
    number: textAt(supplier.shipmentNumber) ?? (shipmentId.startsWith(prefix) ? shipmentId.slice(prefix.length) : null),
    // The current documentation lost the nesting that older pages and the vendor's own filter have.
    status: textAt(objectAt(shipment.status).processStatus) ?? textAt(shipment.processStatus),
    currency: null,
    buyer: readParty(textAt(buyer.companyId), objectAt(buyer.buyerParty)),
    supplier: readParty(supplierId, objectAt(supplier.supplierParty)),
    total: null,
    orderedAt: null,
  };
}

function readLines(lines: readonly JsonObject[]): LineReport[] {
  checkLineCount(lines.length);
  const taken = new Map<string, number>();
  return lines.map((line) => {
    const id = lineId(line);
    const count = (taken.get(id) ?? 0) + 1;
    taken.set(id, count);
    const time = readReportedTime(objectAt(line.meta).lastUpdatedAt);
    return { externalId: count === 1 ? id : `${id}/${count}`, ...time, content: readLine(line), source: line };
  });
}

/**
 * Shipment lines have no id. Order, order line, delivery line, despatch advice and its line together identify one and do not change. An empty
 * part keeps its place, so that no two combinations coincide. The same line in two load carriers gets a number as its suffix.
 */
function lineId(line: JsonObject): string {
  const supplierLine = objectAt(line.supplierLine);
  const parts = [
    line.purchaseOrderNumber,
    line.purchaseOrderLinePosition,
    line.deliverySchedulePosition,
    supplierLine.despatchAdviceNumber ?? line.despatchAdviceNumber,
    supplierLine.despatchAdviceLinePosition ?? line.despatchAdviceLinePosition,
  ];
  return parts.map((part) => textAt(part) ?? '').join('/');
}

function readLine(line: JsonObject): LineContent {
  const item = objectAt(line.item);
  const supplierLine = objectAt(line.supplierLine);
  return {
    position: textAt(line.purchaseOrderLinePosition),
    item: isObject(line.item)
      ? {
          number: textAt(item.buyerItemNumber),
          name: textAt(item.buyerItemName) ?? textAt(item.supplierItemName),
          supplierNumber: textAt(item.supplierItemNumber),
        }
      : null,
    description: null,
    quantity: decimalText(supplierLine.despatchQuantity) ?? decimalText(line.despatchQuantity),
    unit: textAt(item.purchaseUnitOfMeasureIso),
    status: null,
    price: null,
    deliverySchedule: [],
  };
}

function readShipmentDocuments(shipment: JsonObject): DocumentReport[] | null {
  const owners = [objectAt(shipment.supplierShipment), objectAt(shipment.buyerShipment), shipment];
  const { reported, documents } = documentsOf(owners, null);
  return reported ? onceEach(documents) : null;
}
