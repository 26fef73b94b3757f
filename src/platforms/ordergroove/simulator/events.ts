import { type JsonObject, objectAt, textAt } from '../../../domain/values/json.ts';
import { type Family, isFamily } from '../events.ts';
import type { World, WorldEvent } from './world.ts';

type Trigger = (world: World) => JsonObject;

const isOpen = ({ status }: JsonObject): boolean => status === 1;
const isLive = ({ live }: JsonObject): boolean => live === true;
const isCancelled = ({ live }: JsonObject): boolean => live === false;
const any = (): boolean => true;

const onSubscription =
  (change: (world: World, object: JsonObject) => JsonObject, fits = isLive): Trigger =>
  (world) => {
    const object = world.findOrAdd('subscription', fits);
    return Object.assign(object, change(world, object), { updated: world.after(object.updated) });
  };

const onOrder =
  (change: (world: World, object: JsonObject) => JsonObject): Trigger =>
  (world) => {
    const object = world.findOrAdd('order', isOpen);
    return world.updateTotals(Object.assign(object, change(world, object)));
  };

const onItem =
  (change: (world: World, object: JsonObject) => JsonObject): Trigger =>
  (world) => {
    const order = world.findOrAdd('order', isOpen);
    const item = world.itemsOf(order)[0] ?? world.addItem(order);
    Object.assign(item, change(world, item));
    item.total_price = (Number(item.price) * Number(item.quantity)).toFixed(2);
    world.updateTotals(order);
    return item;
  };

const onEntitlement =
  (change: (world: World) => JsonObject): Trigger =>
  (world) => {
    const object = world.findOrAdd('entitlement', any);
    return Object.assign(object, change(world), { last_updated: world.after(object.last_updated) });
  };

const reactivate = onSubscription(() => ({ live: true, cancelled: null, cancel_reason: null }), isCancelled);
const newAddress = (world: World) => ({ shipping_address: world.makeId() });
const newPayment = (world: World) => ({ payment: world.makeId() });
const newProduct = (world: World) => ({ product: `SWAP-${world.makeId().slice(-6).toUpperCase()}` });
const oneMore = (_world: World, object: JsonObject) => ({ quantity: Number(object.quantity) + 1 });
const nothing = () => ({});

const subscriber: Record<string, Trigger> = {
  create: (world) => world.addSubscriber(),
  cancel: (world) => {
    const object = world.findOrAdd('subscriber', isLive);
    return Object.assign(object, { live: false, last_updated: world.after(object.last_updated) });
  },
  subscriptions_created: (world) => {
    const made = world.addSubscription();
    world.announce({ type: 'subscription.create', family: 'subscription', object: made });
    const object = world.objects.subscriber.get(textAt(made.customer) ?? '') ?? world.addSubscriber();
    return Object.assign(object, { live: true, last_updated: world.after(object.last_updated) });
  },
};

const subscription: Record<string, Trigger> = {
  create: (world) => world.addSubscription(),
  created: (world) => world.addSubscription(),
  cancel: onSubscription((world) => ({ live: false, cancelled: world.now(), cancel_reason: '4|Overstocked', cancel_reason_code: 4 })),
  sku_swap: onSubscription(newProduct),
  change_live: reactivate,
  reactivate,
  change_frequency: onSubscription((_world, { every }) => ({ every: Number(every) + 1, frequency_days: (Number(every) + 1) * 7 })),
  change_components: onSubscription((world) => ({ components: [{ public_id: world.makeId(), product: 'OAT-BAR-12', quantity: 2 }] })),
  change_quantity: onSubscription(oneMore),
  change_shipping_address: onSubscription(newAddress),
  change_payment: onSubscription(newPayment),
  refresh_one_click_token: onSubscription(nothing),
};

const order: Record<string, Trigger> = {
  create: (world) => world.addOrder(),
  change_shipping_address: onOrder(newAddress),
  change_payment: onOrder(newPayment),
  change_billing: onOrder(newPayment),
  change_next_order_date: onOrder((world) => ({ place: `${world.dateIn(35)} 00:00:00` })),
  skip_order: onOrder((world) => ({ status: 4, cancelled: world.now() })),
  send_now: onOrder((world) => ({ status: 6, place: world.now() })),
  cancel: onOrder((world) => ({ status: 4, cancelled: world.now() })),
  success: onOrder((world, object) => {
    for (const item of world.itemsOf(object)) item.first_placed = world.now();
    return { status: 5, tries: 1, order_merchant_id: `W-${30_000 + world.objects.order.size}` };
  }),
  delete: (world) => {
    const object = world.findOrAdd('order', isOpen);
    for (const { public_id: id } of world.itemsOf(object)) world.objects.item.delete(textAt(id) ?? '');
    world.objects.order.delete(textAt(object.public_id) ?? '');
    return object;
  },
  generic_error: onOrder((_world, { generic_error_count: count }) => ({ status: 15, generic_error_count: Number(count) + 1 })),
  reject: onOrder(() => ({ status: 3, rejected_message: JSON.stringify({ code: '140', message: 'The card was declined' }) })),
  reminder: onOrder(nothing),
  retryable_placement_failure: onOrder((_world, { tries }) => ({ status: 13, tries: Number(tries) + 1 })),
  refresh_one_click_token: onOrder(nothing),
};

const item: Record<string, Trigger> = {
  create: (world) => world.addItem(world.findOrAdd('order', isOpen)),
  change_order: (world) => {
    // The order that the item leaves is empty afterwards and is deleted.
    const left = world.addOrder();
    world.announce({ type: 'order.create', family: 'order', object: left });
    const [moved = world.addItem(left)] = world.itemsOf(left);
    world.objects.order.delete(textAt(left.public_id) ?? '');
    const to = world.findOrAdd('order', isOpen);
    moved.order = to.public_id;
    world.updateTotals(to);
    world.announce({ type: 'order.delete', family: 'order', object: left });
    return moved;
  },
  change_quantity: onItem(oneMore),
  remove: (world) => {
    const from = world.findOrAdd('order', isOpen);
    const removed = world.addItem(from);
    world.objects.item.delete(textAt(removed.public_id) ?? '');
    world.updateTotals(from);
    return removed;
  },
  item_subscribe: onItem((world) => ({ one_time: false, subscription: world.findOrAdd('subscription', isLive).public_id })),
  update_price: onItem((_world, { price }) => ({ price: (Number(price) + 1).toFixed(2) })),
  sku_swap: onItem(newProduct),
  successfully_placed: onItem((world) => ({ first_placed: world.now() })),
  out_of_stock: onItem(nothing),
};

const entitlement: Record<string, Trigger> = {
  entitlements_granted: (world) => world.addEntitlement(),
  entitlements_expiring: onEntitlement((world) => ({ expiration: `${world.dateIn(7)} 00:00:00` })),
  entitlements_expired: onEntitlement((world) => ({ expiration: world.now() })),
  entitlements_grace_period_expired: onEntitlement(() => ({ live: false })),
  entitlements_expiration_modified: onEntitlement((world) => ({ expiration: `${world.dateIn(60)} 00:00:00` })),
  entitlements_voided: onEntitlement(() => ({ live: false })),
};

const workflow: Record<string, Trigger> = {
  send_communication: (world) => ({
    merchant: world.merchant,
    workflow_id: world.makeId(),
    workflow_name: 'Win back',
    execution_id: world.makeId(),
  }),
};

const TRIGGERS: Readonly<Record<Family, Record<string, Trigger>>> = { subscriber, subscription, order, item, entitlement, workflow };

/**
 * Triggers an event type after creating what it needs, each with its own event. A type that the platform does not have
 * is still sent, without a particular object.
 */
export function triggerEvent(world: World, eventType: string): WorldEvent[] {
  const [family = '', name = ''] = eventType.split('.');
  const trigger = isFamily(family) ? TRIGGERS[family][name] : undefined;
  if (!isFamily(family) || !trigger) return [{ type: eventType, family: 'workflow', object: { merchant: world.merchant } }];
  const event = { type: eventType, family, object: trigger(world) };
  const before = world.announced.splice(0);
  if (eventType !== 'order.skip_order') return [...before, event];
  // A skipped order is followed by the next cycle's.
  const next: WorldEvent = { type: 'order.create', family: 'order', object: world.addOrder() };
  return [...before, event, ...world.announced.splice(0), next];
}

const seconds = (time: unknown): number | null =>
  typeof time === 'string' ? Math.floor(Date.parse(`${time.replace(' ', 'T')}Z`) / 1000) : null;

/** The object of an event: the REST object with other members, and with times in seconds since 1970. */
export function eventObject(world: World, { family, object, type }: WorldEvent): JsonObject {
  return { type: family, ...SHAPES[family](world, object, type) };
}

const SHAPES: Readonly<Record<Family, (world: World, object: JsonObject, type: string) => JsonObject>> = {
  subscriber: (world, { last_login: _login, ...object }) => ({
    ...object,
    subscriptions: [...world.objects.subscription.values()].flatMap((one) =>
      one.customer === object.merchant_user_id ? (textAt(one.public_id) ?? []) : [],
    ),
    phone_type_display: 'mobile',
    created: seconds(object.created),
    last_updated: seconds(object.last_updated),
    locale_display: 'en-us',
  }),
  subscription: (world, { subscription_type: _type, ...object }, type) => ({
    ...object,
    every_period_display: 'Weeks',
    cancelled: seconds(object.cancelled),
    created: seconds(object.created),
    updated: seconds(object.updated),
    ...(/create|cancel|token/.test(type) ? { one_click_token: world.makeId() } : {}),
  }),
  order: (
    world,
    { updated: _updated, type: _type, locked: _locked, oos_free_shipping: _free, currency_code: _currency, ...object },
    type,
  ) => ({
    ...object,
    created: seconds(object.created),
    cancelled: seconds(object.cancelled),
    place: textAt(object.place)?.slice(0, 10) ?? null,
    status_display: STATUS_DISPLAY[textAt(object.status) ?? ''] ?? 'Unsent',
    ...(/reminder|token/.test(type) ? { one_click_token: world.makeId() } : {}),
  }),
  item: (
    world,
    { order_updated: _updated, product_attribute: _attribute, extra_cost: _cost, one_time: _once, frozen: _frozen, ...object },
  ) => ({
    ...object,
    merchant: world.merchant,
    customer: world.objects.order.get(textAt(object.order) ?? '')?.customer ?? null,
    first_placed: seconds(object.first_placed),
  }),
  entitlement: (world, object) => ({
    merchant: world.merchant,
    customer: object.merchant_user_id,
    entitlements: [entitlementEntry(world, object)],
  }),
  workflow: (_world, object) => object,
};

const STATUS_DISPLAY: Readonly<Record<string, string>> = {
  '3': 'Rejected',
  '4': 'Cancelled',
  '5': 'Success',
  '6': 'Send now',
  '15': 'Generic error',
};

function entitlementEntry(world: World, object: JsonObject): JsonObject {
  const at = seconds(object.last_updated);
  const { external_resource_id: externalId, ...resource } = objectAt(object.resource);
  return {
    public_id: object.public_id,
    access_type: object.access_type,
    created: seconds(object.created),
    last_updated: at,
    expiration: seconds(object.expiration),
    grace_period: object.grace_period,
    live: object.live,
    entitlement_transaction: {
      ...{ public_id: world.makeId(), transaction_type: 'grant_credit', source_action: 'order-placement', source_object: 'item' },
      ...{
        source_object_id: world.makeId(),
        transaction_initiation_time: at,
        transaction_execution_time: at,
        time_amount: 2_592_000,
        grace_period: 86_400,
      },
    },
    grantees: [],
    resource: { ...resource, external_id: externalId },
  };
}
