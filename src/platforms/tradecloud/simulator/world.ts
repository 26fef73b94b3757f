import type { SimulationOptions } from '../../contract/simulation.ts';

/** The simulated Tradecloud's own model of orders and shipments, before they are written as JSON. */
export interface SimDelivery {
  position: string | null;
  date: string;
  quantity: string;
  status: string;
  eta: string | null;
}
export interface SimDocument {
  objectId: string;
  code: string;
  name: string;
  text: string;
  lastUpdatedAt: string;
}
export interface SimLine {
  position: string;
  item: { number: string; name: string; unit: string; supplierNumber: string };
  description: string;
  schedule: SimDelivery[];
  /** The schedule including open requests; null if there are none. */
  requested: SimDelivery[] | null;
  net: string;
  gross: string;
  processStatus: string;
  inProgressStatus: string | null;
  logisticsStatus: string;
  salesOrder: { number: string; position: string } | null;
  batchNumber: string | null;
  history: { position: string; date: string; quantity: string }[];
  notes: string[];
  documents: SimDocument[];
  lastUpdatedAt: string;
}
export interface SimOrder {
  id: string;
  number: string;
  /** Created for a single-delivery receiver: one delivery per line, without a position. */
  single: boolean;
  version: number;
  issuedAt: string;
  buyerContact: string;
  supplierContact: string;
  labels: string[];
  lines: SimLine[];
  documents: SimDocument[];
  lastUpdatedAt: string;
}
export interface SimShipment {
  id: string;
  number: string;
  order: SimOrder;
  status: string;
  trackingNumber: string;
  lines: { position: string; deliveryPosition: string; quantity: string; loaded: boolean; lastUpdatedAt: string }[];
  buyerDocuments: SimDocument[];
  supplierDocuments: SimDocument[];
  lastUpdatedAt: string;
}

export const BUYER = { companyId: '6f0f9a5e-52c1-4d0e-9a55-1d6b2f7f3c01', id: 'NL-8123', name: 'Waterkant Pumps B.V.' };
export const SUPPLIER = { companyId: 'b83f2d14-0c7a-4f52-8f0c-7f1f4a2f9e02', id: 'SUP-2207', name: 'Eiken Precision Parts' };

const ITEMS = [
  { number: 'WP-1001', name: 'Pump housing DN80', unit: 'PCE', supplierNumber: 'EPP-77-80', net: '148.50', gross: '165.00' },
  { number: 'WP-1002', name: 'Shaft 316L, 40 mm', unit: 'PCE', supplierNumber: 'EPP-31-40', net: '61.25', gross: '61.25' },
  { number: 'WP-2007', name: 'O-ring set NBR', unit: 'SET', supplierNumber: 'EPP-90-07', net: '3.10', gross: '3.875' },
  { number: 'WP-3300', name: 'Hydraulic hose 1/2"', unit: 'MTR', supplierNumber: 'EPP-12-33', net: '7.80', gross: '8.00' },
] as const;

export interface World {
  orders: Map<string, SimOrder>;
  shipments: Map<string, SimShipment>;
  documents: Map<string, SimDocument>;
  /** The time of a change: the current time, but always later than the previous change unless that one was dated years ahead. */
  tick(): string;
  tools: SimulationOptions;
}

const YEAR_MS = 365 * 86_400_000;

export function createWorld(tools: SimulationOptions): World {
  let lastMs = 0;
  const tick = () => {
    const ms = Math.max(tools.now().getTime(), lastMs + 1);
    if (lastMs === 0 || ms - lastMs < YEAR_MS) lastMs = ms;
    return new Date(ms).toISOString();
  };
  return { orders: new Map(), shipments: new Map(), documents: new Map(), tick, tools };
}

const dayAfter = (time: string, days: number): string => new Date(Date.parse(time) + days * 86_400_000).toISOString().slice(0, 10);

export function addOrder(world: World, single: boolean): SimOrder {
  const order = makeOrder(world, single);
  world.orders.set(order.id, order);
  return order;
}

/** An order unknown to the API, for a shipment to refer to. */
export function makeOrder(world: World, single: boolean): SimOrder {
  const at = world.tick();
  const number = `PO${26001 + world.orders.size}`;
  const order: SimOrder = {
    id: `${BUYER.companyId}-${number}`,
    number,
    single,
    version: 1,
    issuedAt: at.slice(0, 19),
    buyerContact: 'inkoop@waterkant.example',
    supplierContact: 'sales@eiken.example',
    labels: [],
    lines: [],
    documents: [],
    lastUpdatedAt: at,
  };
  for (let i = 0; i < 2; i++) addLine(world, order, at);
  return order;
}

export function addLine(world: World, order: SimOrder, at: string): SimLine {
  const index = order.lines.length;
  const item = ITEMS[Math.floor(world.tools.random() * ITEMS.length + index) % ITEMS.length] ?? ITEMS[0];
  const quantity = String(5 + Math.floor(world.tools.random() * 20));
  const delivery = (position: string, days: number): SimDelivery => ({
    position: order.single ? null : position,
    date: dayAfter(at, days),
    quantity,
    status: 'Open',
    eta: null,
  });
  const line: SimLine = {
    position: String((index + 1) * 10).padStart(4, '0'),
    item: { number: item.number, name: item.name, unit: item.unit, supplierNumber: item.supplierNumber },
    description: `${item.name}, as agreed`,
    schedule: order.single ? [delivery('1', 14)] : [delivery('1', 14), delivery('2', 28)],
    requested: null,
    net: item.net,
    gross: item.gross,
    processStatus: 'Issued',
    inProgressStatus: null,
    logisticsStatus: 'Open',
    salesOrder: null,
    batchNumber: null,
    history: [],
    notes: [],
    documents: [],
    lastUpdatedAt: at,
  };
  order.lines.push(line);
  return line;
}

export function addShipment(world: World, order: SimOrder): SimShipment {
  const at = world.tick();
  const number = `SH${70001 + world.shipments.size}`;
  const shipment: SimShipment = {
    id: `${SUPPLIER.companyId}-${number}`,
    number,
    order,
    status: 'Issued',
    trackingNumber: `TRK${100000 + Math.floor(world.tools.random() * 900000)}`,
    lines: order.lines.map((line, index) => ({
      position: line.position,
      deliveryPosition: line.schedule[0]?.position ?? '',
      quantity: line.schedule[0]?.quantity ?? '1',
      loaded: index % 2 === 1,
      lastUpdatedAt: at,
    })),
    buyerDocuments: [],
    supplierDocuments: [],
    lastUpdatedAt: at,
  };
  world.shipments.set(shipment.id, shipment);
  return shipment;
}

export function makeDocument(world: World, name: string, at: string): SimDocument {
  const objectId = world.tools.makeId();
  const code = `D-${400 + world.documents.size}`;
  const document = {
    objectId,
    code,
    name: `${name} ${code}.txt`,
    text: `${name} ${code}\nIssued by the simulated Tradecloud at ${at}.\n`,
    lastUpdatedAt: at,
  };
  world.documents.set(objectId, document);
  return document;
}
