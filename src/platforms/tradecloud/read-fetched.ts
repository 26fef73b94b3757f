import { type Drift, findDrift } from '../../domain/entities/drift.ts';
import type { EntityReport, Subject } from '../../domain/entities/entity.ts';
import { InvalidBody } from '../../domain/errors.ts';
import { isObject, type JsonObject, objectAt, parseJson, textAt } from '../../domain/values/json.ts';
import { readOrder } from './read/order.ts';
import { readShipment } from './read/shipment.ts';
import type { TradecloudSettings } from './settings.ts';
import { shapes } from './shapes.ts';

/** Reads a fetched or polled order or shipment completely, except for the lines that `echo` leaves out. */
export function readFetched(subject: Subject, text: string, settings: TradecloudSettings): { reports: EntityReport[]; drift: Drift[] } {
  const resource = readResource(text);
  if (subject.kind === 'shipment') {
    return { reports: [readShipment(resource, textAt(resource.id) ?? subject.externalId)], drift: findDrift(resource, shapes.Shipment) };
  }
  const orderId = textAt(resource.id) ?? textAt(resource.orderId) ?? subject.externalId;
  const report = readOrder(resource, orderId, true);
  return { reports: [withoutEcho(report, settings.echo)], drift: findDrift(resource, shapes.Order) };
}

function readResource(text: string): JsonObject {
  try {
    const resource = parseJson(text);
    if (isObject(resource)) return resource;
  } catch (error) {
    throw new InvalidBody('The fetched resource is not JSON', { cause: error });
  }
  throw new InvalidBody('The fetched resource is not a JSON object');
}

// docs.tradecloud1.com, polling: which lines echo one's own message (read 2026-07-14).
const OWN_REQUESTS: Readonly<Record<'buyer' | 'supplier', readonly string[]>> = {
  buyer: ['OpenBuyerReopenRequest', 'OpenBuyerReconfirmationRequest'],
  supplier: ['OpenSupplierProposal', 'OpenSupplierReopenRequest', 'OpenSupplierShipmentRescheduleRequest'],
};

function withoutEcho(report: EntityReport, echo: TradecloudSettings['echo']): EntityReport {
  if (echo === 'keep') return report;
  const lines = report.lines.filter((line) => !isEcho(objectAt(line.source.status), echo));
  return lines.length === report.lines.length ? report : { ...report, lines, linesComplete: false };
}

const isEcho = (status: JsonObject, echo: 'buyer' | 'supplier' | 'in-progress'): boolean =>
  echo === 'in-progress' ? status.processStatus === 'InProgress' : OWN_REQUESTS[echo].includes(textAt(status.inProgressStatus) ?? '');
