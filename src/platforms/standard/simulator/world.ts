import type { JsonObject } from '../../../domain/values/json.ts';
import type { SimulationOptions } from '../../contract/simulation.ts';
import type { PresetName } from '../presets.ts';

/** How a request is composed: by a preset's sender, or as Standard Webhooks would. */
export type Form = PresetName | 'standard-webhooks';

/** An order of the simulated shop. */
export interface SimulatedOrder {
  id: string;
  number: string;
  status: string;
  currency: string;
  total: string;
  updatedAt: string;
}

export type Happening = 'created' | 'updated' | 'deleted';

/** A sender's message for an event: its own event type, a body, and headers other than the signature. */
export interface Composed {
  type: string;
  headers: Record<string, string>;
  body: JsonObject;
}

const ISO_SECONDS = /\.\d+Z$/;

type Compose = (order: SimulatedOrder, happening: Happening, tools: SimulationOptions) => Composed;

/** One composer per form, with the members that its preset reads and a few that it ignores. */
export const COMPOSERS: Readonly<Record<Form, Compose>> = {
  'standard-webhooks': (order, happening) => ({
    type: `order.${happening}`,
    headers: {},
    body: { type: `order.${happening}`, timestamp: order.updatedAt, data: { ...order, updated_at: order.updatedAt } },
  }),
  shopify: (order, happening, tools) => {
    const type = { created: 'orders/create', updated: 'orders/updated', deleted: 'orders/delete' }[happening];
    const whole = {
      ...{ id: Number(order.id), name: `#${order.number}`, financial_status: order.status, currency: order.currency },
      ...{ total_price: order.total, updated_at: order.updatedAt, line_items: [] },
    };
    const headers = {
      ...{ 'x-shopify-topic': type, 'x-shopify-event-id': tools.makeId(), 'x-shopify-webhook-id': tools.makeId() },
      ...{ 'x-shopify-shop-domain': 'corner-shop.example' },
    };
    return { type, headers, body: happening === 'deleted' ? { id: Number(order.id) } : whole };
  },
  woocommerce: (order, happening, tools) => ({
    type: `order.${happening}`,
    headers: {
      ...{ 'x-wc-webhook-topic': `order.${happening}`, 'x-wc-webhook-delivery-id': tools.makeId(), 'x-wc-webhook-event': happening },
      ...{ 'x-wc-webhook-resource': 'order', 'x-wc-webhook-source': 'https://corner-shop.example/' },
    },
    body: {
      ...{ id: Number(order.id), number: order.number, status: order.status, currency: order.currency, total: order.total },
      date_modified_gmt: order.updatedAt.replace(ISO_SECONDS, ''),
    },
  }),
  'commerce-layer': (order, happening) => {
    const type = { created: 'orders.create', updated: 'orders.update', deleted: 'orders.cancel' }[happening];
    const attributes = { number: order.number, status: order.status, currency_code: order.currency, updated_at: order.updatedAt };
    return {
      type,
      headers: { 'x-commercelayer-topic': type },
      body: { data: { id: order.id, type: 'orders', attributes: { ...attributes, total_amount_float: Number(order.total) } } },
    };
  },
  square: (order, happening, tools) => ({
    type: `order.${happening}`,
    headers: {},
    body: {
      ...{ merchant_id: 'M-CORNER', type: `order.${happening}`, event_id: tools.makeId(), created_at: order.updatedAt },
      data: { type: 'order', id: order.id, object: { [`order_${happening}`]: { order_id: order.id, state: order.status } } },
    },
  }),
  fourthwall: (order, happening, tools) => {
    const type = { created: 'ORDER_PLACED', updated: 'ORDER_UPDATED', deleted: 'ORDER_CANCELLED' }[happening];
    const amounts = { total: { value: order.total, currency: order.currency } };
    return {
      type,
      headers: {},
      body: {
        ...{ testMode: true, id: tools.makeId(), type, createdAt: order.updatedAt },
        data: { id: order.id, friendlyId: order.number, status: order.status, amounts, updatedAt: order.updatedAt },
      },
    };
  },
  ecwid: (order, happening, tools) => ({
    type: `order.${happening}`,
    headers: {},
    body: {
      ...{ eventId: tools.makeId(), eventCreated: Math.floor(Date.parse(order.updatedAt) / 1000), storeId: 4711 },
      ...{ entityId: Number(order.id), eventType: `order.${happening}`, data: { newPaymentStatus: order.status.toUpperCase() } },
    },
  }),
  stripe: (order, happening, tools) => {
    const type = { created: 'invoice.created', updated: 'invoice.paid', deleted: 'invoice.deleted' }[happening];
    const object = { id: order.id, object: 'invoice', number: order.number, status: order.status, currency: order.currency.toLowerCase() };
    return {
      type,
      headers: {},
      body: {
        ...{ id: `evt_${tools.makeId().replaceAll('-', '')}`, object: 'event', type, livemode: false },
        ...{ created: Math.floor(Date.parse(order.updatedAt) / 1000), data: { object } },
      },
    };
  },
  bigcommerce: (order, happening, tools) => {
    const type = { created: 'store/order/created', updated: 'store/order/updated', deleted: 'store/order/archived' }[happening];
    return {
      type,
      headers: {},
      body: {
        ...{ scope: type, store_id: '1025646', producer: 'stores/corner', hash: tools.makeId().replaceAll('-', '') },
        ...{ created_at: Math.floor(Date.parse(order.updatedAt) / 1000), data: { type: 'order', id: Number(order.id) } },
      },
    };
  },
};
