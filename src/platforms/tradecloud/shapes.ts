import { listOf, membersOf, type Shape } from '../../domain/entities/drift.ts';

// The documented structure of Tradecloud's bodies (docs.tradecloud1.com and the vendor's samples, read 2026-07-14). `any`: text, a
// number, a boolean, or an object with undocumented members. Enums are those of the status page; more may appear.

const PROCESS_STATUS = ['Issued', 'InProgress', 'Confirmed', 'Rejected', 'Completed', 'Cancelled'];
const LOGISTICS_STATUS = ['Open', 'Produced', 'ReadyToShip', 'Shipped', 'Delivered', 'Cancelled'];
const DELIVERY_STATUS = ['Open', 'Produced', 'ReadyToShip', 'Shipped', 'Delivered'];
const REQUEST_STATUS = ['Open', 'Approved', 'Rejected', 'Closed', 'Proposed'];
const IN_PROGRESS_STATUS = [
  'OpenSupplierProposal',
  'RejectedSupplierProposal',
  'ReissuedRejectedLine',
  'OpenBuyerReopenRequest',
  'OpenSupplierReopenRequest',
  'OpenBuyerReconfirmationRequest',
  'OpenSupplierShipmentRescheduleRequest',
  'ApprovedDeliverySchedule',
  'RejectedDeliverySchedule',
  'RevertedCompletedLine',
  'RevertedCancelledLine',
];
const ORDER_TYPES = ['Purchase', 'Forecast', 'RFQ'];
const LINE_TYPES = ['Item', 'Service', 'Charge'];

// Times that are read in addition to those of the last change: an unreadable one is drift.
const TIMES = new Set(['date', 'erpIssueDateTime']);
const anyOf = (...names: string[]): { [name: string]: Shape } =>
  Object.fromEntries(names.map((name) => [name, TIMES.has(name) ? 'time' : 'any']));
const texts = listOf('any');

const messageMeta = membersOf({
  ...anyOf('messageId', 'createdDateTime'),
  source: membersOf(anyOf('traceId', 'userId', 'companyId', 'origin')),
});
const party = membersOf({
  ...anyOf('id', 'idScheme', 'postalCode', 'city', 'countryCodeIso2', 'countryCodeIso', 'countryName'),
  names: texts,
  addressLines: texts,
});
const destination = membersOf({
  ...anyOf('code', 'postalCode', 'city', 'countryCodeIso2', 'countryName', 'locationType'),
  names: texts,
  addressLines: texts,
});
const terms = membersOf(anyOf('incotermsCode', 'incoterms', 'paymentTermsCode', 'paymentTerms', 'contractNumber', 'contractPosition'));
const properties = listOf(membersOf(anyOf('key', 'value')));
const lastUpdated = membersOf(anyOf('lastUpdatedAt'));
const document = membersOf({
  ...anyOf('code', 'revision', 'name', 'objectId', 'url', 'type', 'description', 'filename'),
  meta: lastUpdated,
});
const documents = listOf(document);

const amount = membersOf(anyOf('value', 'currencyIso'));
const money = membersOf({ priceInTransactionCurrency: amount, priceInBaseCurrency: amount });
const prices = membersOf({
  grossPrice: money,
  netPrice: money,
  ...anyOf('discountPercentage', 'priceUnitOfMeasureIso', 'priceUnitQuantity'),
});
const chargeLines = listOf(
  membersOf({ ...anyOf('position', 'chargeTypeCode', 'chargeDescription', 'quantity', 'priceUnitOfMeasureIso'), price: money }),
);
const delivery = membersOf({ ...anyOf('position', 'date', 'quantity', 'etd', 'eta', 'transportMode'), status: DELIVERY_STATUS });
const schedule = listOf(delivery);
const itemDetails = membersOf(
  anyOf(
    'countryOfOriginCodeIso2',
    'combinedNomenclatureCode',
    'netWeight',
    'netWeightUnitOfMeasureIso',
    'dangerousGoodsCodeUnece',
    'serialNumber',
    'batchNumber',
  ),
);
const request = membersOf({
  deliverySchedule: schedule,
  scheduledDelivery: delivery,
  prices,
  chargeLines,
  reason: 'any',
  status: REQUEST_STATUS,
});

const buyerOrder = membersOf({
  ...anyOf('companyId', 'supplierAccountNumber', 'purchaseOrderNumber', 'description', 'contact', 'supplierContact', 'customLabels'),
  ...anyOf('erpIssueDateTime', 'erpIssuedBy', 'erpLastChangeDateTime', 'erpLastChangedBy', 'indicators'),
  orderType: ORDER_TYPES,
  buyerParty: party,
  buyerAccountingParty: party,
  supplierParty: party,
  destination,
  terms,
  properties,
  notes: texts,
  labels: texts,
  documents,
});
const supplierOrder = membersOf({
  ...anyOf('companyId', 'buyerAccountNumber', 'description', 'contact', 'customLabels', 'indicators'),
  supplierParty: party,
  properties,
  notes: texts,
  labels: texts,
  documents,
});
const buyerLine = membersOf({
  ...anyOf('position', 'originalPosition', 'row', 'description', 'projectNumber', 'productionNumber', 'salesOrderNumber', 'reason'),
  ...anyOf('indicators', 'customLabels'),
  item: membersOf({
    ...anyOf('number', 'revision', 'name', 'description', 'purchaseUnitOfMeasureIso', 'supplierItemNumber'),
    dimensions: listOf(membersOf(anyOf('attribute', 'measure', 'unitOfMeasureUnece'))),
  }),
  itemDetails,
  deliverySchedule: schedule,
  scheduledDelivery: delivery,
  deliveryHistory: schedule,
  actualDelivery: delivery,
  prices,
  chargeLines,
  requests: membersOf({ reopenRequest: request }),
  terms,
  certification: membersOf(anyOf('typeCode', 'type', 'classificationSocietyCode', 'classificationSociety')),
  properties,
  notes: texts,
  labels: texts,
  documents,
});
const supplierLine = membersOf({
  ...anyOf('salesOrderNumber', 'salesOrderPosition', 'salesOrderLinePosition', 'position', 'description', 'reason', 'indicators'),
  requests: membersOf({ proposal: request, reopenRequest: request, shipmentRescheduleRequest: request }),
  itemDetails,
  properties,
  notes: texts,
  labels: texts,
  documents,
});
const orderLine = membersOf({
  ...anyOf('id', 'orderId', 'chargeReasonCode', 'eventDates', 'reason', 'portalUrl', 'lastUpdatedAt', 'firstDeliveryDate', 'predictions'),
  ...anyOf('totalAmountIncludingRequests'),
  lineType: LINE_TYPES,
  buyerLine,
  supplierLine,
  confirmedLine: membersOf({ deliverySchedule: schedule, scheduledDelivery: delivery, prices, chargeLines }),
  deliverySchedule: schedule,
  deliveryScheduleIncludingRequests: schedule,
  prices,
  pricesIncludingRequests: prices,
  statusLine: membersOf({ scheduledDelivery: delivery, scheduledDeliveryInclRequests: delivery, prices, pricesInclRequests: prices }),
  indicators: membersOf(anyOf('deliveryOverdue')),
  status: membersOf({
    processStatus: PROCESS_STATUS,
    inProgressStatus: IN_PROGRESS_STATUS,
    logisticsStatus: LOGISTICS_STATUS,
    deliveryLineStatus: 'any',
  }),
  mergedItemDetails: itemDetails,
});

const order = membersOf({
  ...anyOf('id', 'orderId', 'legacyOrderId', 'version', 'eventDates', 'lastUpdatedAt', 'reason', 'portalUrl'),
  // The polling page shows these beside `lines`, the other pages in `buyerOrder`.
  ...anyOf('supplierAccountNumber', 'purchaseOrderNumber'),
  buyerOrder,
  supplierOrder,
  lines: listOf(orderLine),
  indicators: membersOf(anyOf('deliveryOverdue')),
  status: membersOf({ processStatus: PROCESS_STATUS, logisticsStatus: LOGISTICS_STATUS }),
  meta: messageMeta,
});

// The field list of this event is unpublished: its members are those of the command that raises it.
const attachedDocuments = membersOf({
  ...anyOf('companyId', 'supplierAccountNumber', 'buyerAccountNumber', 'purchaseOrderNumber'),
  documents,
});
const documentsEvent = membersOf({
  ...anyOf('id', 'orderId', 'legacyOrderId', 'version', 'lastUpdatedAt'),
  buyerOrder,
  supplierOrder,
  order: attachedDocuments,
  documents,
  lines: listOf(membersOf({ ...anyOf('id', 'position', 'lastUpdatedAt'), buyerLine, supplierLine, documents })),
  meta: messageMeta,
});

const contacts = listOf(membersOf(anyOf('userId', 'email', 'firstName', 'lastName', 'position', 'phoneNumber')));
const location = membersOf({
  ...anyOf('id', 'idScheme', 'postalCode', 'city', 'countryCodeIso', 'countryCodeIso2', 'countryName'),
  locationType: ['AgreedPlace', 'PortOfLoading', 'PortOfDestination', 'PlaceOfDestination', 'FinalDestination'],
  names: texts,
  addressLines: texts,
});
const stop = membersOf({
  ...anyOf('etaStartDate', 'etaStartTime', 'etaEndDate', 'etaEndTime', 'etaDate', 'ataDate', 'etdDate', 'atdDate'),
  location,
});
const SHIPMENT_STATUS = ['Issued', 'Approved', 'Rejected'];
const shipmentLine = membersOf({
  ...anyOf('purchaseOrderNumber', 'purchaseOrderLinePosition', 'deliverySchedulePosition'),
  item: membersOf({
    ...anyOf('buyerItemNumber', 'buyerItemRevision', 'buyerItemName', 'supplierItemNumber', 'supplierItemRevision', 'supplierItemName'),
    ...anyOf('purchaseUnitOfMeasureIso'),
  }),
  supplierLine: membersOf(
    anyOf('despatchAdviceNumber', 'despatchAdviceLinePosition', 'despatchQuantity', 'backorderQuantity', 'backorderDate'),
  ),
  meta: lastUpdated,
});

const shipment = membersOf({
  ...anyOf('id', 'transportMode', 'version'),
  identifiers: membersOf(anyOf('billOfLadingNumber', 'billOfLadingIssueDate', 'imoNumber', 'carrierShipmentNumber', 'trackingNumber')),
  supplierShipment: membersOf({
    ...anyOf('companyId', 'buyerAccountNumber', 'shipmentNumber', 'despatchAdviceNumber'),
    supplierParty: party,
    invoiceNumbers: texts,
    documents,
    contacts,
  }),
  buyerShipment: membersOf({
    ...anyOf('companyId', 'supplierAccountNumber'),
    buyerParty: party,
    documents,
    contacts,
    purchaseOrderTerms: terms,
  }),
  loadCarriers: listOf(
    membersOf({ ...anyOf('containerNumber', 'containerSizeAndType', 'packageSSCC', 'packageType'), lines: listOf(shipmentLine) }),
  ),
  lines: listOf(shipmentLine),
  // Older pages have one `destination` and one `finalDestination`, with other members.
  locations: membersOf({ departure: stop, destinations: listOf(stop), ...anyOf('destination', 'finalDestination') }),
  status: membersOf({ processStatus: SHIPMENT_STATUS, processStatusReason: 'any' }),
  // The current page lists them without `status`, older pages and the vendor's own filter with it.
  processStatus: SHIPMENT_STATUS,
  processStatusReason: 'any',
  meta: membersOf({
    ...anyOf('lastUpdatedAt', 'messageId', 'createdDateTime', 'source', 'despatchAdviceErpIssueDateTime'),
    supplierErpMeta: membersOf(anyOf('despatchAdviceErpIssueDateTime')),
  }),
});

/** Named after the schemas of `openapi/tradecloud-*-webhook.yaml`. */
export const shapes = {
  OrderWebhookBody: membersOf({
    eventName: 'any',
    orderEvent: order,
    singleDeliveryOrderEvent: order,
    simpleOrderEvent: order,
    orderDocumentsEvent: documentsEvent,
    meta: messageMeta,
  }),
  ShipmentWebhookBody: membersOf({ eventName: 'any', shipment, meta: messageMeta }),
  Order: order,
  Shipment: shipment,
} as const satisfies Record<string, Shape>;
