import { listOf, membersOf, type Shape } from '../../domain/entities/drift.ts';
import { ordermentumEvents } from './events.ts';

// Times that are read in addition to those of the last change: an unreadable one is drift.
const TIMES = new Set(['createdAt', 'placedOn', 'date']);
const anyOf = (names: string): Record<string, Shape> =>
  Object.fromEntries(
    names
      .trim()
      .split(/\s+/)
      .map((name) => [name, TIMES.has(name) ? 'time' : 'any']),
  );

const LineItem = membersOf(
  anyOf(`id name SKU orderId productId variantId price quantity subtotal tax gst total taxable totalWeight weight ratePrice batchCode
    packCount looseCount randomWeight description createdAt updatedAt`),
);

// The order's own `retailer`, `purchaser` and `products` are copies of other resources: changes in them are not changes of the order.
const Order = membersOf({
  ...anyOf(`id name number orderNumber purchaserId supplierId supplierName supplier retailerId retailerName retailerAlias retailer purchaser
    retailerAddress paymentMethodType paymentDelay directProcessing paidToSupplier invoiceNumber invoice invoiceId dueAt status orderStatus
    paymentStatus type freight totalFreight totalCost subtotal totalGst totalGST total totalDue paidAt paidBy isOutstanding products
    lineCount productCount comment reference editable locked chargable chargedAt chargedBy chargedByUser cancelledAt cancelledBy
    canMarkAsPaid createdAt placedOn createdBy deliveryDate deliveredAt updatedAt deletedAt updatedBy properties`),
  lineItems: listOf(LineItem),
});

const Invoice = membersOf(
  anyOf(`id number supplierId supplierName retailerId retailerName purchaserId orders orderIds creditNoteIds total totalFreight totalGst
    totalGST totalCost totalDue subtotal credit surcharge dueAt status paymentStatus paidAt userId userName paymentMethod cancelledAt
    deletedAt reference date payable randomWeight invoiceSyncedAt externalId syncError createdAt updatedAt
    supplier_id retailer_id due_at paid_at cancelled_at created_at updated_at payment_method payment_status order_ids`),
);

const CreditNote = membersOf({
  ...anyOf(`id number userId comments retailerId retailerName purchaserId purchaserName supplierId supplierName updatedUserId invoiceIds
    subtotal tax totalGst totalGST total status date cancelledAt deletedAt completedAt createdAt updatedAt`),
  lineItems: 'any',
});

const Purchaser = membersOf(
  anyOf(`id reference externalCustomerId name retailerAlias retailerLegalName retailerTradingName retailerPhone retailerEmail
    retailerAddress retailerAddressLine billingAddress retailerId supplierId paymentMethodType paymentMethodTypes paymentMethodId
    paymentSchedule invoiceSetting invoiceFrequency paymentTerms paymentDelay freightGroupId visibilityGroupId priceGroupId priceGroup
    visibilityTags stopCredit minimumOrderValue disabled archived deliveryInstructions notes schedules properties createdAt updatedAt
    deletedAt activatedAt`),
);

const Envelope = membersOf({ event: ordermentumEvents.map((event) => event.type), timestamp: 'any', data: 'any' });

/** Named like the schemas of `openapi/ordermentum-webhook.yaml`. */
export const ordermentumShapes = { Envelope, Order, LineItem, Invoice, CreditNote, Purchaser } as const;

/** The description of a kind's resource, detail or summary. */
export const shapeOfKind = { order: Order, invoice: Invoice, 'credit-note': CreditNote, purchaser: Purchaser } as const;
