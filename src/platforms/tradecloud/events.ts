import type { EventDescription } from '../contract/platform.ts';

// Names: docs.tradecloud1.com, order events, order documents events and shipment events, read 2026-07-14.
const ORDER_EVENTS = [
  'OrderIssuedByBuyer',
  'OrderLinesIssuedByBuyer',
  'OrderLinesReissuedByBuyer',
  'OrderLinesUpdatedByBuyer',
  'OrderLinesAcceptedBySupplier',
  'OrderLinesRejectedBySupplier',
  'OrderLinesConfirmedByBuyer',
  'OrderLinesConfirmedBySupplier',
  'OrderChangesProposedBySupplier',
  'OrderChangesProposalApprovedByBuyer',
  'OrderChangesProposalRejectedByBuyer',
  'OrderLinesUpdatedBySupplier',
  'OrderLinesItemDetailsChanged',
  'OrderLinesReopenRequestedByBuyer',
  'OrderLinesReopenRequestRevertedByBuyer',
  'OrderLinesReopenRequestApprovedBySupplier',
  'OrderLinesReopenRequestRejectedBySupplier',
  'OrderLinesReopenRequestedBySupplier',
  'OrderLinesReopenRequestRevertedBySupplier',
  'OrderLinesReopenRequestApprovedByBuyer',
  'OrderLinesReopenRequestRejectedByBuyer',
  'OrderLinesReconfirmationRequestedByBuyer',
  'OrderLinesReconfirmedBySupplier',
  'OrderLinesCancelledByBuyer',
  'CancelledOrderLinesRevertedByBuyer',
  'OrderLinesCompletedByBuyer',
  'CompletedOrderLinesRevertedByBuyer',
  'OrderLinesMarkedAsOpenByBuyer',
  'OrderLinesMarkedAsOpenBySupplier',
  'OrderLinesShippedByBuyer',
  'OrderLinesMarkedAsDeliveredByBuyer',
  'OrderLinesMarkedAsDeliveredBySupplier',
  'OrderLinesDeliveryHistoryAppendedByBuyer',
  'OrderLinesDeliveryHistorySetByBuyer',
  'OrderLinesDeliveryScheduleLogisticsUpdatedByBuyer',
  'OrderLinesDeliveryScheduleLogisticsUpdatedBySupplier',
  'OrderLinesShipmentRescheduleRequestedBySupplier',
  'OrderLinesShipmentRescheduleApprovedByBuyer',
  'OrderLinesShipmentRescheduleRejectedByBuyer',
  'OrderContactReassignedByBuyer',
  'OrderContactReassignedBySupplier',
  'OrderResentByBuyer',
  'OrderResentBySupplier',
] as const;

// Real events that are missing from that list, with their sources.
const UNLISTED_ORDER_EVENTS: readonly (readonly [type: string, note: string])[] = [
  ['OrderLinesItemDetailsChangedBySupplier', "the vendor's settings sample; a table rewrite of 2023-11-14 dropped the suffix in the docs"],
  ['OrderCustomLabelsUpdatedByBuyer', "selectable in the vendor's settings sample"],
  ['OrderCustomLabelsUpdatedBySupplier', "selectable in the vendor's settings sample"],
  ['OrderSynced', 'from the legacy platform; left the docs in 2025'],
  ['OrderReissuedByBuyer', 'old name, removed by the vendor on 2021-03-12'],
  ['OrderLinesCancelledBySupplier', 'settings sample of 2022 only'],
  ['OrderLinesCancellationRequestedByBuyer', 'settings sample of 2022 only'],
  ['OrderLinesCancellationRequestedBySupplier', 'settings sample of 2022 only'],
  ['OrderLinesCancellationRequestApprovedByBuyer', 'settings sample of 2022 only'],
  ['OrderLinesCancellationRequestApprovedBySupplier', 'settings sample of 2022 only'],
  ['OrderLinesCancellationRequestRejectedByBuyer', 'settings sample of 2022 only'],
  ['OrderLinesCancellationRequestRejectedBySupplier', 'settings sample of 2022 only'],
];

const DOCUMENT_EVENTS = ['OrderDocumentsAttachedByBuyer', 'OrderDocumentsAttachedBySupplier'] as const;

const SHIPMENT_EVENTS = [
  'ShipmentIssuedBySupplier',
  'ShipmentReissuedBySupplier',
  'ShipmentApprovedByBuyer',
  'ShipmentRejectedByBuyer',
  'ShipmentHeaderUpdatedBySupplier',
  'ShipmentDocumentAttachedByBuyer',
  'ShipmentDocumentAttachedBySupplier',
  'ShipmentResentByBuyer',
] as const;

const order = (type: string, note?: string): EventDescription => ({ type, kind: 'order', effect: 'apply', ...(note ? { note } : {}) });
const shipment = (type: string, note?: string): EventDescription => ({
  type,
  kind: 'shipment',
  effect: 'apply',
  ...(note ? { note } : {}),
});

/** All known event names, current or not. The name decides nothing: the body contains the state, whatever caused it. */
export const events: readonly EventDescription[] = [
  ...ORDER_EVENTS.map((type) => order(type)),
  ...UNLISTED_ORDER_EVENTS.map(([type, note]) => order(type, note)),
  ...DOCUMENT_EVENTS.map((type) => order(type, 'announces documents; carries no lines or states')),
  ...SHIPMENT_EVENTS.map((type) => shipment(type)),
  shipment('ShipmentDespatchedBySupplier', 'the only shipment event until the middle of 2023'),
];

const KNOWN: ReadonlySet<string> = new Set(events.map((event) => event.type));

export const isKnownEvent = (type: string): boolean => KNOWN.has(type);

/** Whether a name is unknown; a body without a name does not count as unknown. */
export const isUnknownEvent = (type: string | null): boolean => type !== null && !KNOWN.has(type);
