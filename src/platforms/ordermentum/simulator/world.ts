import { isObject, type JsonObject, listAt } from '../../../domain/values/json.ts';
import { elementBy } from '../../contract/element-at.ts';
import type { SimulationOptions } from '../../contract/simulation.ts';
import type { OrdermentumKind } from '../events.ts';

export interface World {
  supplierId: string;
  resources: Record<OrdermentumKind, Map<string, JsonObject>>;
  /** Triggers the event and returns its resource. Missing resources that it needs are created without an event. */
  trigger(kind: OrdermentumKind, eventType: string): JsonObject;
  /** The world's time, never the same twice, so that every state of a resource has its own `updatedAt`. */
  tick(): string;
}

interface Making {
  tools: SimulationOptions;
  tick(): string;
  supplier: { supplierId: string; supplierName: string };
  count: Record<OrdermentumKind, number>;
  /** An existing resource, or a new one if there is none. */
  any(kind: OrdermentumKind): JsonObject;
  choose<T>(among: readonly T[]): T;
}

const VENUES = ['Harbour Lane Espresso', 'The Copper Kettle', 'Northside Deli', 'Pier Nine Kitchen', 'Little Orchard Café'] as const;
const GOODS = [
  { SKU: 'BEAN-HOUSE-1', name: 'House blend, 1 kg', price: '31.50' },
  { SKU: 'BEAN-DECAF-1', name: 'Decaf, 1 kg', price: '34.00' },
  { SKU: 'MILK-OAT-12', name: 'Oat milk, 12 x 1 l', price: '39.60' },
  { SKU: 'CUP-8OZ-500', name: 'Cups 8 oz, 500', price: '58.25' },
  { SKU: 'SYRUP-VAN', name: 'Vanilla syrup, 750 ml', price: '14.10' },
] as const;

const YEAR_MS = 365 * 86_400_000;

export function createWorld(supplierId: string, tools: SimulationOptions): World {
  const resources: World['resources'] = { order: new Map(), invoice: new Map(), 'credit-note': new Map(), purchaser: new Map() };
  let lastMs = 0;
  const tick = () => {
    const ms = Math.max(lastMs + 1, tools.now().getTime());
    // A change dated years ahead does not affect later ones.
    if (lastMs === 0 || ms - lastMs < YEAR_MS) lastMs = ms;
    return new Date(ms).toISOString();
  };
  const keep = (kind: OrdermentumKind, resource: JsonObject) => {
    resources[kind].set(String(resource.id), resource);
    return resource;
  };
  const making: Making = {
    tools,
    tick,
    supplier: { supplierId, supplierName: 'Sandbox Roasters' },
    count: { order: 0, invoice: 0, 'credit-note': 0, purchaser: 0 },
    any: (kind) => (resources[kind].size > 0 ? making.choose([...resources[kind].values()]) : keep(kind, make[kind](making))),
    choose: (among) => elementBy(among, tools.random()),
  };
  const trigger = (kind: OrdermentumKind, eventType: string) =>
    eventType.endsWith('_created') ? keep(kind, make[kind](making)) : keep(kind, changed(making, kind, eventType));
  return { supplierId, resources, trigger, tick };
}

const make: Record<OrdermentumKind, (making: Making) => JsonObject> = {
  order: makeOrder,
  invoice: makeInvoice,
  'credit-note': makeCreditNote,
  purchaser: makePurchaser,
};

const cents = (text: unknown): number => Math.round(Number(text) * 100);
const amount = (value: number): string => (value / 100).toFixed(2);

function makePurchaser({ tools, tick, supplier, count }: Making): JsonObject {
  const name = VENUES[count.purchaser % VENUES.length] ?? VENUES[0];
  count.purchaser++;
  const createdAt = tick();
  return {
    id: tools.makeId(),
    reference: `C${String(1000 + count.purchaser)}`,
    name,
    retailerId: tools.makeId(),
    retailerAlias: name,
    retailerTradingName: `${name} Pty Ltd`,
    retailerAddress: {
      number: '12',
      street1: 'Wharf Road',
      street2: null,
      suburb: 'Balmain',
      state: 'NSW',
      postcode: '2041',
      country: 'Australia',
    },
    supplierId: supplier.supplierId,
    paymentMethodType: 'card',
    stopCredit: false,
    disabled: false,
    archived: false,
    createdAt,
    updatedAt: createdAt,
    deletedAt: null,
  };
}

function makeOrder(making: Making): JsonObject {
  const { tools, tick, supplier, count } = making;
  const purchaser = making.any('purchaser');
  const number = `OM${2400 + ++count.order}`;
  const createdAt = tick();
  const id = tools.makeId();
  const first = Math.floor(tools.random() * GOODS.length);
  const goods = [0, 1, 2].map((step) => GOODS[(first + step) % GOODS.length] ?? GOODS[0]);
  const lineItems = goods.map((good) => {
    const quantity = 1 + Math.floor(tools.random() * 9);
    const subtotal = amount(cents(good.price) * quantity);
    return { id: tools.makeId(), ...good, orderId: id, quantity, subtotal, taxable: true, createdAt, updatedAt: createdAt };
  });
  return withTotals({
    id,
    name: `Order - #${number}`,
    number,
    orderNumber: number,
    ...supplier,
    purchaserId: purchaser.id,
    purchaser: { id: purchaser.id, name: purchaser.name, reference: purchaser.reference },
    retailerId: purchaser.retailerId,
    retailerName: purchaser.name,
    status: 'Placed',
    type: 'standard',
    reference: `PO-${7000 + count.order}`,
    comment: null,
    deliveryDate: new Date(Date.parse(createdAt) + 3 * 86_400_000).toISOString(),
    deliveredAt: null,
    cancelledAt: null,
    placedOn: createdAt,
    createdAt,
    updatedAt: createdAt,
    deletedAt: null,
    lineItems,
  });
}

// Orders write totals as numbers and invoices as strings, and they spell GST differently.
function withTotals(order: JsonObject): JsonObject {
  const items = listAt(order.lineItems).filter(isObject);
  const subtotal = items.reduce((sum, item) => sum + cents(item.subtotal), 0);
  const gst = Math.round(subtotal / 10);
  return {
    ...order,
    lineCount: items.length,
    subtotal: subtotal / 100,
    totalGst: gst / 100,
    totalFreight: 0,
    total: (subtotal + gst) / 100,
  };
}

function makeInvoice(making: Making): JsonObject {
  const { tools, tick, supplier, count } = making;
  const order = making.any('order');
  const createdAt = tick();
  return {
    id: tools.makeId(),
    number: `INV${5300 + ++count.invoice}`,
    ...supplier,
    retailerId: order.retailerId,
    retailerName: order.retailerName,
    orderIds: [String(order.id)],
    total: Number(order.total).toFixed(2),
    totalFreight: '0.00',
    totalGST: Number(order.totalGst).toFixed(2),
    dueAt: new Date(Date.parse(createdAt) + 14 * 86_400_000).toISOString(),
    status: 'Unpaid',
    paidAt: null,
    paymentMethod: 'card',
    reference: order.reference,
    cancelledAt: null,
    date: createdAt,
    createdAt,
    updatedAt: createdAt,
  };
}

function makeCreditNote(making: Making): JsonObject {
  const { tools, tick, supplier, count } = making;
  const invoice = making.any('invoice');
  const purchaser = making.any('purchaser');
  const createdAt = tick();
  return {
    id: tools.makeId(),
    number: `CN${800 + ++count['credit-note']}`,
    ...supplier,
    purchaserId: purchaser.id,
    purchaserName: purchaser.name,
    invoiceIds: [String(invoice.id)],
    lineItems: [],
    comments: 'Damaged in transit',
    subtotal: '20.00',
    tax: '2.00',
    total: '22.00',
    status: 'Issued',
    date: createdAt,
    cancelledAt: null,
    completedAt: null,
    deletedAt: null,
    createdAt,
    updatedAt: createdAt,
  };
}

function changed(making: Making, kind: OrdermentumKind, eventType: string): JsonObject {
  const before = making.any(kind);
  const updatedAt = making.tick();
  return { ...changes[kind](before, updatedAt, eventType, making), updatedAt };
}

type ChangeOf = (before: JsonObject, at: string, eventType: string, making: Making) => JsonObject;

const changes: Record<OrdermentumKind, ChangeOf> = {
  order: (order, at, _eventType, making) => {
    const items = listAt(order.lineItems).filter(isObject);
    const chosen = making.choose(items);
    const quantity = Number(chosen.quantity) + 1;
    const grown = { ...chosen, quantity, subtotal: amount(cents(chosen.price) * quantity), updatedAt: at };
    return withTotals({ ...order, lineItems: items.map((item) => (item === chosen ? grown : item)) });
  },
  invoice: (invoice, at) => ({ ...invoice, status: 'paid', paidAt: at }),
  'credit-note': (note, at, eventType) => {
    if (eventType === 'credit_note_completed') return { ...note, status: 'Applied', completedAt: at };
    if (eventType === 'credit_note_cancelled') return { ...note, status: 'Cancelled', cancelledAt: at };
    return { ...note, comments: `Damaged in transit, seen ${at.slice(0, 10)} ${at.slice(11, 23)}` };
  },
  purchaser: (purchaser, at) => ({
    ...purchaser,
    retailerPhone: `02 9555 ${at.slice(-5, -1).padStart(4, '0')}`,
    stopCredit: purchaser.stopCredit !== true,
  }),
};
