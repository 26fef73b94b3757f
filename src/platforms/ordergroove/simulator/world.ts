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
  const makeId = () => tools.makeId().replaceAll('-', '');
  const write = (ms: number) => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
  const now = () => write(tools.now().getTime());
  const after = (before: unknown) => {
    const ms = typeof before === 'string' ? Date.parse(`${before.replace(' ', 'T')}Z`) + 1000 : 0;
    // A change dated years ahead does not affect later ones.
    const isAhead = ms - tools.now().getTime() > YEAR_MS;
    return write(isAhead ? tools.now().getTime() : Math.max(tools.now().getTime(), ms));
  };
  const dateIn = (days: number) => new Date(tools.now().getTime() + days * 86_400_000).toISOString().slice(0, 10);
  const pick = <T>(choices: readonly T[]): T => elementBy(choices, tools.random());
  const keep = (kind: Kind, id: string, object: JsonObject) => {
    objects[kind].set(id, object);
    return object;
  };
  const itemsOf = (order: JsonObject) => [...objects.item.values()].filter((item) => item.order === order.public_id);
  const announced: WorldEvent[] = [];
  const updateTotals = (order: JsonObject) => {
    const items = itemsOf(order);
    const cents = items.reduce((sum, item) => sum + Math.round(Number(item.price) * 100) * Number(item.quantity), 0);
    const shipping = items.length === 0 ? 0 : 495;
    const amounts = { sub_total: money(cents), shipping_total: money(shipping), total: money(cents + shipping) };
    Object.assign(order, amounts, { updated: after(order.updated) });
    for (const item of items) item.order_updated = order.updated;
    return order;
  };
  const world: World = {
    ...{ merchant, objects, makeId, now, after, dateIn, pick, itemsOf, updateTotals, announced },
    announce: ({ type, family, object }) => void announced.push({ type, family, object: { ...object } }),
    addSubscriber: () => {
      const id = String(700_000 + objects.subscriber.size);
      return keep('subscriber', id, newSubscriber(world, id));
    },
    addSubscription: () => {
      const subscription = newSubscription(
        world,
        world.findOrAdd('subscriber', ({ live }) => live === true),
      );
      return keep('subscription', textAt(subscription.public_id) ?? '', subscription);
    },
    addOrder: () => {
      const order = newOrder(
        world,
        world.findOrAdd('subscription', ({ live }) => live === true),
      );
      keep('order', textAt(order.public_id) ?? '', order);
      world.addItem(order);
      return order;
    },
    addItem: (order) => {
      const item = newItem(world, order);
      keep('item', textAt(item.public_id) ?? '', item);
      updateTotals(order);
      return item;
    },
    addEntitlement: () => {
      const entitlement = newEntitlement(
        world,
        world.findOrAdd('subscriber', () => true),
      );
      return keep('entitlement', textAt(entitlement.public_id) ?? '', entitlement);
    },
    findOrAdd: (kind, fits) => {
      const fitting = [...objects[kind].values()].filter(fits);
      if (fitting.length > 0) return pick(fitting);
      const [type, add] = NEW[kind];
      const made = add(world);
      world.announce({ type, family: kind, object: made });
      return made;
    },
  };
  return world;
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
