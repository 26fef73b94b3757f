import { listOf, membersOf, type Shape } from '../../domain/entities/drift.ts';
import type { Family } from './events.ts';
import { ORDER_STATUSES } from './read/order.ts';

/** What we know of the platform's JSON (developer.ordergroove.com, event and REST reference, read 2026-07). */

// `created` is read as the order's date and as the time of an event: an unreadable one is drift.
const anyOf = (...names: string[]): { [name: string]: Shape } =>
  Object.fromEntries(names.map((name) => [name, name === 'created' ? 'time' : 'any']));

const component = membersOf(anyOf('public_id', 'product', 'quantity'));
const components = listOf(component);
const orderStatus = Object.keys(ORDER_STATUSES);
const everyPeriod = ['1', '2', '3'];
const prepaid = membersOf(
  anyOf(
    'prepaid_orders_remaining',
    'prepaid_orders_per_billing',
    'renewal_behavior',
    'last_renewal_revenue',
    'prepaid_origin_merchant_order_id',
  ),
);

/** The REST objects, which the opt-in `snapshot` of an event repeats. */
export const restShapes = {
  Order: membersOf({
    ...anyOf('merchant', 'customer', 'payment', 'shipping_address', 'public_id', 'sub_total', 'tax_total', 'shipping_total'),
    ...anyOf('discount_total', 'total', 'created', 'updated', 'place', 'cancelled', 'tries', 'generic_error_count', 'type'),
    ...anyOf('order_merchant_id', 'rejected_message', 'rejected_error_code', 'extra_data', 'locked', 'oos_free_shipping', 'currency_code'),
    status: orderStatus,
  }),
  Item: membersOf({
    ...anyOf('order', 'offer', 'subscription', 'subscription_component', 'product', 'quantity', 'public_id', 'product_attribute', 'price'),
    ...anyOf('extra_cost', 'total_price', 'one_time', 'order_updated', 'frozen', 'first_placed', 'customer', 'merchant'),
    components,
  }),
  Subscription: membersOf({
    ...anyOf('customer', 'merchant', 'product', 'payment', 'shipping_address', 'offer', 'subscription_type', 'raw_subscription_type'),
    ...anyOf('extra_data', 'public_id', 'product_attribute', 'quantity', 'price', 'frequency_days', 'reminder_days', 'every', 'start_date'),
    ...anyOf(
      'cancelled',
      'cancel_reason',
      'cancel_reason_code',
      'iteration',
      'sequence',
      'session_id',
      'merchant_order_id',
      'customer_rep',
    ),
    ...anyOf('club', 'created', 'updated', 'live', 'external_id', 'currency_code'),
    components,
    every_period: everyPeriod,
    prepaid_subscription_context: prepaid,
  }),
  Customer: membersOf(
    anyOf(
      ...['merchant', 'id', 'merchant_user_id', 'session_id', 'user_token_id', 'first_name', 'last_name', 'email', 'phone_number'],
      ...['phone_type', 'live', 'created', 'last_updated', 'last_login', 'extra_data', 'locale', 'price_code'],
    ),
  ),
  Entitlement: membersOf({
    ...anyOf('merchant', 'public_id', 'merchant_user_id', 'initial_activation_date', 'latest_activation_date', 'grace_period', 'live'),
    ...anyOf('expiration', 'created', 'last_updated'),
    access_type: ['time_based'],
    resource: membersOf(
      anyOf('public_id', 'merchant', 'name', 'external_resource_id', 'external_id', 'description', 'image_url', 'created', 'last_updated'),
    ),
    grantees: listOf(membersOf(anyOf('external_id', 'name', 'created', 'updated'))),
  }),
} as const satisfies Record<string, Shape>;

const context = membersOf({
  source: ['PurchasePOST', 'XML IMPORT'],
  actor: membersOf({
    type: ['customer', 'user', 'apikey', 'og-system-account', 'og-system-process'],
    customer: membersOf(anyOf('merchant_user_id')),
    api_key: membersOf(anyOf('public_id', 'name')),
    user: membersOf(anyOf('public_id')),
  }),
});

const snapshot = membersOf({
  ...anyOf('addresses', 'payments', 'products'),
  customer: restShapes.Customer,
  orders: listOf(restShapes.Order),
  items: listOf(restShapes.Item),
  subscriptions: listOf(restShapes.Subscription),
});

type Members = { readonly [name: string]: Shape };

const extra = { context, snapshot };
const event = (object: Members, beside: Members = {}): Shape =>
  membersOf({
    ...anyOf('id', 'type', 'created'),
    ...extra,
    data: membersOf({ ...extra, ...beside, object: membersOf({ ...extra, ...object }) }),
  });

const subscriber = {
  type: ['subscriber'],
  ...anyOf('merchant', 'merchant_user_id', 'subscription', 'subscriptions', 'session_id', 'first_name', 'last_name', 'email'),
  ...anyOf('phone_number', 'live', 'created', 'last_updated', 'extra_data', 'locale', 'locale_display'),
  phone_type: ['0', '1', '2', '3'],
  phone_type_display: ['invalid', 'landline', 'mobile', 'voip'],
};

const subscription = {
  type: ['subscription'],
  ...anyOf('merchant', 'public_id', 'customer', 'product', 'extra_data', 'quantity', 'price', 'frequency_days', 'reminder_days', 'every'),
  ...anyOf('every_period_display', 'cancelled', 'cancel_reason', 'cancel_reason_code', 'session_id', 'merchant_order_id', 'live'),
  ...anyOf('external_id', 'created', 'start_date', 'offer', 'payment', 'shipping_address', 'updated', 'one_click_token'),
  components,
  every_period: everyPeriod,
  prepaid_subscription_context: prepaid,
};

const order = {
  type: ['order'],
  ...anyOf('merchant', 'public_id', 'customer', 'payment', 'shipping_address', 'sub_total', 'tax_total', 'shipping_total'),
  ...anyOf('discount_total', 'total', 'created', 'place', 'cancelled', 'tries', 'generic_error_count', 'status_display'),
  ...anyOf('order_merchant_id', 'rejected_message', 'extra_data', 'one_click_token'),
  status: orderStatus,
};

const item = {
  type: ['item'],
  ...anyOf('merchant', 'public_id', 'customer', 'product', 'order', 'subscription', 'offer', 'quantity', 'price', 'total_price'),
  ...anyOf('first_placed', 'extra_data'),
  components,
};

const entitlement = {
  type: ['entitlement'],
  ...anyOf('merchant', 'customer'),
  entitlements: listOf(
    membersOf({
      ...anyOf('public_id', 'created', 'last_updated', 'expiration', 'grace_period', 'live'),
      access_type: ['time_based'],
      entitlement_transaction: membersOf({
        ...anyOf('public_id', 'source_action', 'source_object', 'source_object_id', 'transaction_initiation_time'),
        ...anyOf('transaction_execution_time', 'time_amount', 'grace_period'),
        transaction_type: ['grant_credit'],
      }),
      grantees: listOf(membersOf(anyOf('external_id', 'name', 'created', 'updated'))),
      resource: membersOf(anyOf('public_id', 'name', 'description', 'external_id', 'image_url')),
    }),
  ),
};

const workflow = { type: ['workflow'], ...anyOf('merchant', 'workflow_id', 'workflow_name', 'execution_id') };
const workflowBeside = {
  ...anyOf('key', 'execution_context'),
  subscriber: membersOf(anyOf('email', 'first_name', 'last_name', 'phone_number')),
};

export const eventShapes: Readonly<Record<Family, Shape>> = {
  subscriber: event(subscriber),
  subscription: event(subscription),
  order: event(order),
  item: event(item),
  entitlement: event(entitlement),
  workflow: event(workflow, workflowBeside),
};

/** By the names of their schemas in `openapi/ordergroove-webhook.yaml`. */
export const ordergrooveShapes: Readonly<Record<string, Shape>> = {
  SubscriberEvent: eventShapes.subscriber,
  SubscriptionEvent: eventShapes.subscription,
  OrderEvent: eventShapes.order,
  ItemEvent: eventShapes.item,
  EntitlementEvent: eventShapes.entitlement,
  WorkflowEvent: eventShapes.workflow,
  ...restShapes,
};
