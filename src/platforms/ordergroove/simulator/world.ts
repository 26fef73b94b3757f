import { type JsonObject, textAt } from '../../../domain/values/json.ts';
import { elementBy } from '../../contract/element-at.ts';
import type { SimulationOptions } from '../../contract/simulation.ts';
import type { Family } from '../events.ts';

export type Kind = 'subscriber' | 'subscription' | 'order' | 'item' | 'entitlement';

/** A change to one object, in its REST shape, and the event that reports it. */
export interface WorldEvent {
  type: string;
  family: Family;
  object: JsonObject;
}

/** The simulated merchant's objects, in the shapes of the REST API, by id. */
export interface World {
  merchant: string;
  objects: Readonly<Record<Kind, Map<string, JsonObject>>>;
  makeId(): string;
  /** The current time in the format of the REST API. */
  now(): string;
  /** The time of a change to an object last changed at `before`: now, but at least a second later. */
  after(before: unknown): string;
  /** `days` from now, as a plain date. */
  dateIn(days: number): string;
  pick<T>(choices: readonly T[]): T;
  addSubscriber(): JsonObject;
  addSubscription(): JsonObject;
  /** A new order with one item. */
  addOrder(): JsonObject;
  addItem(order: JsonObject): JsonObject;
  addEntitlement(): JsonObject;
  /** A matching object, or a new one, which is announced. */
  findOrAdd(kind: 'subscriber' | 'subscription' | 'order' | 'entitlement', fits: (object: JsonObject) => boolean): JsonObject;
  /** Queues an event about an object in its current state. */
  announce(event: WorldEvent): void;
  /** Events that have been announced and not yet sent. */
  announced: WorldEvent[];
  itemsOf(order: JsonObject): JsonObject[];
  /** Recalculates an order's totals and updates its time, which its items repeat. */
  updateTotals(order: JsonObject): JsonObject;
}

const FIRST = ['Ida', 'Noor', 'Mateo', 'Wren', 'Samir', 'Jonas'];
const LAST = ['Okafor', 'Lindgren', 'Moreau', 'Vasquez', 'Tanaka', 'Byrne'];
const PRODUCTS = ['OAT-BAR-12', 'COLD-BREW-6', 'KIBBLE-3KG', 'FACE-OIL-30', 'MATCHA-100', 'FILTER-A4'];
const PRICES = ['12.50', '31.00', '44.90', '27.25', '18.00', '9.95'];

const YEAR_MS = 365 * 86_400_000;

export function createWorld(merchant: string, tools: SimulationOptions): World {
  const objects: World['objects'] = {
    subscriber: new Map(),
    subscription: new Map(),
    order: new Map(),
    item: new Map(),
    entitlement: new Map(),
  };
  const announced: WorldEvent[] = [];
  const world: World = {
    merchant,
    objects,
    announced,
    makeId: () => tools.makeId().replaceAll('-', ''),
    pick: (choices) => elementBy(choices, tools.random()),
    ...calendarOf(tools),
    itemsOf: (order) => [...objects.item.values()].filter((item) => item.order === order.public_id),
    updateTotals: (order) => updateTotals(world, order),
    announce: ({ type, family, object }) => void announced.push({ type, family, object: { ...object } }),
    addSubscriber: () => addSubscriber(world),
    addSubscription: () => addSubscription(world),
    addOrder: () => addOrder(world),
    addItem: (order) => addItem(world, order),
    addEntitlement: () => addEntitlement(world),
    findOrAdd: (kind, fits) => findOrAdd(world, kind, fits),
  };
  return world;
}

/** The merchant's times, in the formats of the REST API. */
function calendarOf(tools: Pick<SimulationOptions, 'now'>): Pick<World, 'now' | 'after' | 'dateIn'> {
  const nowMs = () => tools.now().getTime();
  const write = (ms: number) => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
  return {
    now: () => write(nowMs()),
    after: (before) => {
      const ms = typeof before === 'string' ? Date.parse(`${before.replace(' ', 'T')}Z`) + 1000 : 0;
      // A change dated years ahead does not affect later ones.
      const isAhead = ms - nowMs() > YEAR_MS;
      return write(isAhead ? nowMs() : Math.max(nowMs(), ms));
    },
    dateIn: (days) => new Date(nowMs() + days * 86_400_000).toISOString().slice(0, 10),
  };
}

const isLive = ({ live }: JsonObject): boolean => live === true;

function store({ objects }: World, kind: Kind, id: unknown, object: JsonObject): JsonObject {
  objects[kind].set(textAt(id) ?? '', object);
  return object;
}

function addSubscriber(world: World): JsonObject {
  const id = String(700_000 + world.objects.subscriber.size);
  return store(world, 'subscriber', id, newSubscriber(world, id));
}

function addSubscription(world: World): JsonObject {
  const subscription = newSubscription(world, world.findOrAdd('subscriber', isLive));
  return store(world, 'subscription', subscription.public_id, subscription);
}

function addOrder(world: World): JsonObject {
  const order = newOrder(world, world.findOrAdd('subscription', isLive));
  store(world, 'order', order.public_id, order);
  world.addItem(order);
  return order;
}

function addItem(world: World, order: JsonObject): JsonObject {
  const item = newItem(world, order);
  store(world, 'item', item.public_id, item);
  world.updateTotals(order);
  return item;
}

function addEntitlement(world: World): JsonObject {
  const subscriber = world.findOrAdd('subscriber', () => true);
  const entitlement = newEntitlement(world, subscriber);
  return store(world, 'entitlement', entitlement.public_id, entitlement);
}

function findOrAdd(world: World, kind: keyof typeof NEW, fits: (object: JsonObject) => boolean): JsonObject {
  const fitting = [...world.objects[kind].values()].filter(fits);
  if (fitting.length > 0) return world.pick(fitting);
  const [type, add] = NEW[kind];
  const made = add(world);
  world.announce({ type, family: kind, object: made });
  return made;
}

function updateTotals(world: World, order: JsonObject): JsonObject {
  const items = world.itemsOf(order);
  const cents = items.reduce((sum, item) => sum + Math.round(Number(item.price) * 100) * Number(item.quantity), 0);
  const shipping = items.length === 0 ? 0 : 495;
  const amounts = { sub_total: money(cents), shipping_total: money(shipping), total: money(cents + shipping) };
  Object.assign(order, amounts, { updated: world.after(order.updated) });
  for (const item of items) item.order_updated = order.updated;
  return order;
}

const NEW = {
  subscriber: ['subscriber.create', (world: World) => world.addSubscriber()],
  subscription: ['subscription.create', (world: World) => world.addSubscription()],
  order: ['order.create', (world: World) => world.addOrder()],
  entitlement: ['entitlement.entitlements_granted', (world: World) => world.addEntitlement()],
} as const;

const money = (cents: number): string => (cents / 100).toFixed(2);

function newSubscriber(world: World, id: string): JsonObject {
  const [first, last] = [world.pick(FIRST), world.pick(LAST)];
  return {
    merchant: world.merchant,
    merchant_user_id: id,
    session_id: `${world.merchant}.${id}`,
    first_name: first,
    last_name: last,
    email: `${first}.${last}@customers.example`.toLowerCase(),
    phone_number: null,
    phone_type: 2,
    live: true,
    created: world.now(),
    last_updated: world.now(),
    extra_data: null,
    locale: 1,
  };
}

function newSubscription(world: World, subscriber: JsonObject): JsonObject {
  return {
    merchant: world.merchant,
    customer: subscriber.merchant_user_id,
    public_id: world.makeId(),
    product: world.pick(PRODUCTS),
    payment: world.makeId(),
    shipping_address: world.makeId(),
    offer: world.makeId(),
    subscription_type: 'replenishment',
    components: [],
    extra_data: {},
    quantity: 1 + (world.objects.subscription.size % 3),
    price: null,
    frequency_days: 28,
    reminder_days: 5,
    every: 4,
    every_period: 2,
    start_date: world.dateIn(0),
    cancelled: null,
    cancel_reason: null,
    cancel_reason_code: null,
    session_id: subscriber.session_id,
    merchant_order_id: `W-${20_400 + world.objects.subscription.size}`,
    external_id: null,
    created: world.now(),
    updated: world.now(),
    live: true,
  };
}

function newOrder(world: World, subscription: JsonObject): JsonObject {
  return {
    merchant: world.merchant,
    customer: subscription.customer,
    payment: subscription.payment,
    shipping_address: subscription.shipping_address,
    public_id: world.makeId(),
    sub_total: '0.00',
    tax_total: '0.00',
    shipping_total: '0.00',
    discount_total: '0.00',
    total: '0.00',
    created: world.now(),
    updated: null,
    place: `${world.dateIn(28)} 00:00:00`,
    cancelled: null,
    tries: 0,
    generic_error_count: 0,
    status: 1,
    type: 1,
    order_merchant_id: null,
    rejected_message: null,
    extra_data: null,
    locked: false,
    oos_free_shipping: false,
    currency_code: 'USD',
  };
}

function newItem(world: World, order: JsonObject): JsonObject {
  const price = world.pick(PRICES);
  const subscription = [...world.objects.subscription.values()].find(({ customer }) => customer === order.customer);
  return {
    order: order.public_id,
    offer: subscription?.offer ?? null,
    subscription: subscription?.public_id ?? null,
    product: subscription?.product ?? world.pick(PRODUCTS),
    components: [],
    quantity: 1,
    public_id: world.makeId(),
    product_attribute: null,
    price,
    extra_cost: '0.00',
    total_price: price,
    one_time: false,
    order_updated: order.updated,
    frozen: false,
    first_placed: null,
  };
}

function newEntitlement(world: World, subscriber: JsonObject): JsonObject {
  return {
    merchant: world.merchant,
    public_id: world.makeId(),
    merchant_user_id: subscriber.merchant_user_id,
    initial_activation_date: world.now(),
    latest_activation_date: world.now(),
    grace_period: 86_400,
    live: true,
    access_type: 'time_based',
    expiration: `${world.dateIn(30)} 00:00:00`,
    created: world.now(),
    last_updated: world.now(),
    resource: { public_id: world.makeId(), name: 'Members area', description: null, external_resource_id: 'MEMBERS', image_url: null },
    grantees: [],
  };
}
