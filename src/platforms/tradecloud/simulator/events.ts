import { elementBy } from '../../contract/element-at.ts';
import {
  addLine,
  addOrder,
  addShipment,
  makeDocument,
  makeOrder,
  type SimDelivery,
  type SimLine,
  type SimOrder,
  type SimShipment,
  type World,
} from './world.ts';

/** The result of an event in the simulated world: its subject, and what the webhook contains. */
export type TriggeredEvent =
  | { about: 'order'; order: SimOrder; lines: SimLine[] }
  | { about: 'documents'; order: SimOrder; line: SimLine | null }
  | { about: 'shipment'; shipment: SimShipment };

type LineChange = (line: SimLine, world: World, at: string) => void;

function setStatus(line: SimLine, processStatus: string, inProgressStatus: string | null = null): void {
  line.processStatus = processStatus;
  line.inProgressStatus = inProgressStatus;
  if (processStatus !== 'InProgress') line.requested = null;
}

const set =
  (processStatus: string, inProgressStatus: string | null = null): LineChange =>
  (line) =>
    setStatus(line, processStatus, inProgressStatus);

const withQuantity = (schedule: readonly SimDelivery[], add: number): SimDelivery[] =>
  schedule.map((delivery, index) =>
    index === 0 ? { ...delivery, quantity: String(Math.max(1, Number(delivery.quantity) + add)) } : delivery,
  );

const request =
  (inProgressStatus: string): LineChange =>
  (line) => {
    line.requested = withQuantity(line.schedule, 1);
    setStatus(line, 'InProgress', inProgressStatus);
  };
const approve: LineChange = (line) => {
  line.schedule = line.requested ?? withQuantity(line.schedule, 1);
  setStatus(line, 'Confirmed');
};
const logistics =
  (status: string): LineChange =>
  (line) => {
    line.logisticsStatus = status;
    line.schedule = line.schedule.map((delivery) => ({ ...delivery, status }));
  };

const addHistory: LineChange = (line, _world, at) => {
  line.history.push({ position: String(line.history.length + 1), date: at.slice(0, 10), quantity: '1' });
};
const updateLogistics: LineChange = (line, _world, at) => {
  line.schedule = line.schedule.map((delivery) => ({ ...delivery, eta: at.slice(0, 10) }));
};

/** How an event changes each line it touches. */
const LINE_CHANGES: Readonly<Record<string, LineChange>> = {
  OrderLinesReissuedByBuyer: (line) => {
    line.schedule = withQuantity(line.schedule, 2);
    setStatus(line, 'Issued');
  },
  OrderReissuedByBuyer: (line) => {
    line.schedule = withQuantity(line.schedule, 2);
    setStatus(line, 'Issued');
  },
  OrderLinesUpdatedByBuyer: (line, _world, at) => {
    line.notes.push(`Updated by the buyer at ${at}`);
  },
  OrderLinesAcceptedBySupplier: set('Confirmed'),
  OrderLinesConfirmedByBuyer: set('Confirmed'),
  OrderLinesConfirmedBySupplier: set('Confirmed'),
  OrderLinesReconfirmedBySupplier: set('Confirmed'),
  OrderLinesRejectedBySupplier: set('Rejected'),
  OrderChangesProposedBySupplier: request('OpenSupplierProposal'),
  OrderChangesProposalApprovedByBuyer: approve,
  OrderChangesProposalRejectedByBuyer: set('InProgress', 'RejectedSupplierProposal'),
  OrderLinesUpdatedBySupplier: (line, world) => {
    line.salesOrder = { number: `SO${90000 + world.orders.size}`, position: line.position };
  },
  OrderLinesItemDetailsChanged: (line, world) => {
    line.batchNumber = `B${Math.floor(world.tools.random() * 100_000)}`;
  },
  OrderLinesItemDetailsChangedBySupplier: (line, world) => {
    line.batchNumber = `B${Math.floor(world.tools.random() * 100_000)}`;
  },
  OrderLinesReopenRequestedByBuyer: request('OpenBuyerReopenRequest'),
  OrderLinesReopenRequestRevertedByBuyer: set('Confirmed'),
  OrderLinesReopenRequestApprovedBySupplier: approve,
  OrderLinesReopenRequestRejectedBySupplier: set('Confirmed'),
  OrderLinesReopenRequestedBySupplier: request('OpenSupplierReopenRequest'),
  OrderLinesReopenRequestRevertedBySupplier: set('Confirmed'),
  OrderLinesReopenRequestApprovedByBuyer: approve,
  OrderLinesReopenRequestRejectedByBuyer: set('Confirmed'),
  OrderLinesReconfirmationRequestedByBuyer: set('InProgress', 'OpenBuyerReconfirmationRequest'),
  OrderLinesCancelledByBuyer: set('Cancelled'),
  OrderLinesCancelledBySupplier: set('Cancelled'),
  OrderLinesCancellationRequestedByBuyer: set('InProgress'),
  OrderLinesCancellationRequestedBySupplier: set('InProgress'),
  OrderLinesCancellationRequestApprovedByBuyer: set('Cancelled'),
  OrderLinesCancellationRequestApprovedBySupplier: set('Cancelled'),
  OrderLinesCancellationRequestRejectedByBuyer: set('Confirmed'),
  OrderLinesCancellationRequestRejectedBySupplier: set('Confirmed'),
  CancelledOrderLinesRevertedByBuyer: set('InProgress', 'RevertedCancelledLine'),
  OrderLinesCompletedByBuyer: set('Completed'),
  CompletedOrderLinesRevertedByBuyer: set('InProgress', 'RevertedCompletedLine'),
  OrderLinesMarkedAsOpenByBuyer: logistics('Open'),
  OrderLinesMarkedAsOpenBySupplier: logistics('Open'),
  OrderLinesShippedByBuyer: logistics('Shipped'),
  OrderLinesMarkedAsDeliveredByBuyer: logistics('Delivered'),
  OrderLinesMarkedAsDeliveredBySupplier: logistics('Delivered'),
  OrderLinesDeliveryHistoryAppendedByBuyer: addHistory,
  OrderLinesDeliveryHistorySetByBuyer: addHistory,
  OrderLinesDeliveryScheduleLogisticsUpdatedByBuyer: updateLogistics,
  OrderLinesDeliveryScheduleLogisticsUpdatedBySupplier: updateLogistics,
  OrderLinesShipmentRescheduleRequestedBySupplier: request('OpenSupplierShipmentRescheduleRequest'),
  OrderLinesShipmentRescheduleApprovedByBuyer: approve,
  OrderLinesShipmentRescheduleRejectedByBuyer: set('Confirmed'),
};

/** How an event changes the order's header. */
const HEADER_CHANGES: Readonly<Record<string, (order: SimOrder, at: string) => void>> = {
  OrderContactReassignedByBuyer: (order, at) => {
    order.buyerContact = `inkoop-${Date.parse(at) % 1000}@waterkant.example`;
  },
  OrderContactReassignedBySupplier: (order, at) => {
    order.supplierContact = `sales-${Date.parse(at) % 1000}@eiken.example`;
  },
  OrderCustomLabelsUpdatedByBuyer: (order, at) => void order.labels.push(`label ${Date.parse(at) % 1000}`),
  OrderCustomLabelsUpdatedBySupplier: (order, at) => void order.labels.push(`label ${Date.parse(at) % 1000}`),
};

type ShipmentChange = (shipment: SimShipment, world: World, at: string) => void;
const SHIPMENT_CHANGES: Readonly<Record<string, ShipmentChange>> = {
  ShipmentReissuedBySupplier: (shipment, _world, at) => {
    const [line] = shipment.lines;
    if (line) Object.assign(line, { quantity: String(Number(line.quantity) + 1), lastUpdatedAt: at });
  },
  ShipmentApprovedByBuyer: (shipment) => {
    shipment.status = 'Approved';
  },
  ShipmentRejectedByBuyer: (shipment) => {
    shipment.status = 'Rejected';
  },
  ShipmentHeaderUpdatedBySupplier: (shipment, world) => {
    shipment.trackingNumber = `TRK${Math.floor(world.tools.random() * 1_000_000)}`;
  },
  ShipmentDocumentAttachedByBuyer: (shipment, world, at) => void shipment.buyerDocuments.push(makeDocument(world, 'Receipt note', at)),
  ShipmentDocumentAttachedBySupplier: (shipment, world, at) =>
    void shipment.supplierDocuments.push(makeDocument(world, 'Packing list', at)),
};

/** Triggers an event. An unknown name is a message about an order in its current state. */
export function triggerEvent(world: World, eventType: string, single: boolean): TriggeredEvent {
  if (eventType.startsWith('Shipment')) return { about: 'shipment', shipment: changeShipment(world, eventType) };
  if (eventType === 'OrderIssuedByBuyer') return wholeOrder(addOrder(world, single));
  const order = pick(
    world,
    [...world.orders.values()].filter((one) => one.single === single),
  );
  // Without an order the first message is about the new order itself, so that the receiver sees every line.
  if (order === null)
    return eventType.startsWith('OrderDocuments') ? attach(world, addOrder(world, single)) : firstOf(world, eventType, single);
  if (eventType.startsWith('OrderDocuments')) return attach(world, order);
  if (eventType === 'OrderLinesIssuedByBuyer') return newLine(world, order);
  return changeOrder(world, order, eventType, [elementBy(order.lines, world.tools.random())]);
}

const wholeOrder = (order: SimOrder): TriggeredEvent => ({ about: 'order', order, lines: [...order.lines] });

function firstOf(world: World, eventType: string, single: boolean): TriggeredEvent {
  const order = addOrder(world, single);
  changeOrder(world, order, eventType, order.lines);
  return wholeOrder(order);
}

// Mostly the newest one, so that a proposal and its approval meet.
function pick<T>(world: World, candidates: readonly T[]): T | null {
  const chance = world.tools.random();
  const index = chance < 0.7 ? candidates.length - 1 : Math.floor(((chance - 0.7) / 0.3) * candidates.length);
  return candidates[index] ?? null;
}

function changeOrder(world: World, order: SimOrder, eventType: string, lines: readonly SimLine[]): TriggeredEvent {
  const [changeLine, changeHeader] = [LINE_CHANGES[eventType], HEADER_CHANGES[eventType]];
  if (!changeLine && !changeHeader) return wholeOrder(order);
  const at = touch(world, order);
  changeHeader?.(order, at);
  if (!changeLine) return { about: 'order', order, lines: [] };
  for (const line of lines) {
    changeLine(line, world, at);
    line.lastUpdatedAt = at;
  }
  return { about: 'order', order, lines: [...lines] };
}

function touch(world: World, order: SimOrder): string {
  const at = world.tick();
  order.version += 1;
  order.lastUpdatedAt = at;
  return at;
}

const newLine = (world: World, order: SimOrder): TriggeredEvent => ({
  about: 'order',
  order,
  lines: [addLine(world, order, touch(world, order))],
});

function attach(world: World, order: SimOrder): TriggeredEvent {
  const at = touch(world, order);
  const line = order.lines[0] ?? null;
  order.documents.push(makeDocument(world, 'Drawing', at));
  if (line) {
    line.documents.push(makeDocument(world, 'Certificate', at));
    line.lastUpdatedAt = at;
  }
  return { about: 'documents', order, line };
}

function changeShipment(world: World, eventType: string): SimShipment {
  const change = SHIPMENT_CHANGES[eventType];
  const resent = eventType === 'ShipmentResentByBuyer';
  const known = change || resent ? pick(world, [...world.shipments.values()]) : null;
  const shipment =
    known ??
    addShipment(
      world,
      pick(
        world,
        [...world.orders.values()].filter((order) => !order.single),
      ) ?? makeOrder(world, false),
    );
  if (change) {
    const at = world.tick();
    change(shipment, world, at);
    shipment.lastUpdatedAt = at;
  }
  return shipment;
}
