import type { EntityKind } from '../../domain/entities/entity.ts';
import type { HashAlgorithm, SignatureEncoding } from '../signature.ts';

export const PRESET_NAMES = ['shopify', 'woocommerce', 'commerce-layer', 'square', 'fourthwall', 'ecwid', 'stripe', 'bigcommerce'] as const;
export type PresetName = (typeof PRESET_NAMES)[number];

interface PresetSignature {
  scheme: 'hmac';
  header: string;
  algorithm: HashAlgorithm;
  encoding: SignatureEncoding;
  template: string;
  prefix?: string;
  timestamp?: { header: string; prefix: string; unit: 's' | 'ms'; toleranceSeconds: number };
}

/** What a preset fills in. The connection's own settings take precedence. */
export interface Preset {
  title: string;
  /** Null if the sender signs nothing and sends a static header. */
  signature: PresetSignature | null;
  /** The parts of the dedupe key, each an expression; the first one is required. */
  dedupe: readonly string[];
  /** One id covers several events, so the digest of the body is part of the key. */
  digestInKey?: true;
  type: string;
  entity: {
    kind: EntityKind;
    id: string;
    updatedAt: string;
    number?: string;
    status?: string;
    currency?: string;
    total?: string;
    types: readonly string[];
    deletedTypes: readonly string[];
  };
  /** The source of the rules, for people. */
  source: string;
}

const hmacBase64 = (header: string, template = '{body}') =>
  ({ scheme: 'hmac', header, algorithm: 'sha256', encoding: 'base64', template }) as const;

export const PRESETS: Readonly<Record<PresetName, Preset>> = {
  shopify: {
    title: 'Shopify',
    signature: hmacBase64('X-Shopify-Hmac-SHA256'),
    // Two subscriptions of one event differ in the webhook id and share the event id; one action may raise several topics.
    dedupe: ['header:X-Shopify-Event-Id | header:X-Shopify-Webhook-Id', 'header:X-Shopify-Topic'],
    type: 'header:X-Shopify-Topic',
    entity: {
      kind: 'order',
      id: '/id',
      updatedAt: '/updated_at',
      number: '/name',
      status: '/financial_status',
      currency: '/currency',
      total: '/total_price',
      types: ['orders/*'],
      deletedTypes: ['orders/delete'],
    },
    source: 'https://shopify.dev/docs/apps/build/webhooks/verify-deliveries (read 2026-07)',
  },
  woocommerce: {
    title: 'WooCommerce',
    signature: hmacBase64('X-WC-Webhook-Signature'),
    // A delivery's id consists of the webhook and the second: two orders saved in the same second share it.
    dedupe: ['header:X-WC-Webhook-Delivery-ID'],
    digestInKey: true,
    type: 'header:X-WC-Webhook-Topic',
    entity: {
      kind: 'order',
      id: '/id',
      updatedAt: '/date_modified_gmt',
      number: '/number',
      status: '/status',
      currency: '/currency',
      total: '/total',
      types: ['order.*'],
      deletedTypes: ['order.deleted'],
    },
    source: 'https://woocommerce.com/document/webhooks (as known in 2026-07)',
  },
  'commerce-layer': {
    title: 'Commerce Layer',
    signature: hmacBase64('X-CommerceLayer-Signature'),
    // The payload's id is the resource's own: with the topic alone, the second update of an order would look like the first.
    dedupe: ['/data/id', 'header:X-CommerceLayer-Topic', '/data/attributes/updated_at'],
    type: 'header:X-CommerceLayer-Topic',
    entity: {
      kind: 'order',
      id: '/data/id',
      updatedAt: '/data/attributes/updated_at',
      number: '/data/attributes/number',
      status: '/data/attributes/status',
      currency: '/data/attributes/currency_code',
      total: '/data/attributes/total_amount_float',
      types: ['orders.*'],
      deletedTypes: [],
    },
    source: 'https://docs.commercelayer.io/core/real-time-webhooks (read 2026-07)',
  },
  square: {
    title: 'Square',
    signature: hmacBase64('x-square-hmacsha256-signature', '{url}{body}'),
    dedupe: ['/event_id'],
    type: '/type',
    entity: { kind: 'order', id: '/data/id', updatedAt: '/created_at', types: ['order.*'], deletedTypes: [] },
    source: 'https://developer.squareup.com/docs/webhooks/step3validate (read 2026-07)',
  },
  fourthwall: {
    title: 'Fourthwall',
    signature: hmacBase64('X-Fourthwall-Hmac-SHA256'),
    dedupe: ['/id'],
    type: '/type',
    entity: {
      kind: 'order',
      id: '/data/id',
      updatedAt: '/data/updatedAt | /createdAt',
      number: '/data/friendlyId',
      status: '/data/status',
      currency: '/data/amounts/total/currency',
      total: '/data/amounts/total/value',
      types: ['ORDER_*'],
      deletedTypes: [],
    },
    source: 'https://docs.fourthwall.com/platform/webhooks/signature-verification (read 2026-07)',
  },
  ecwid: {
    title: 'Ecwid',
    signature: hmacBase64('X-Ecwid-Webhook-Signature', '{pointer:/eventCreated}.{pointer:/eventId}'),
    dedupe: ['/eventId'],
    type: '/eventType',
    entity: { kind: 'order', id: '/entityId', updatedAt: '/eventCreated', types: ['order.*'], deletedTypes: ['order.deleted'] },
    source: 'https://docs.ecwid.com/api-reference/webhooks (read 2026-07)',
  },
  stripe: {
    title: 'Stripe',
    // `t=…,v1=…[,v1=…]` in one header; the secret is used as text, `whsec_` included.
    signature: {
      ...{ scheme: 'hmac', header: 'Stripe-Signature', algorithm: 'sha256', encoding: 'hex' },
      ...{ template: '{timestamp}.{body}', prefix: 'v1=' },
      timestamp: { header: 'Stripe-Signature', prefix: 't=', unit: 's', toleranceSeconds: 300 },
    },
    dedupe: ['/id'],
    type: '/type',
    // Amounts are in the currency's smallest unit, so no total is filled in.
    entity: {
      kind: 'invoice',
      id: '/data/object/id',
      updatedAt: '/created',
      number: '/data/object/number',
      status: '/data/object/status',
      currency: '/data/object/currency',
      types: ['invoice.*'],
      deletedTypes: ['invoice.deleted'],
    },
    source: 'https://docs.stripe.com/webhooks#verify-manually (as known in 2026-11)',
  },
  bigcommerce: {
    title: 'BigCommerce',
    // The documentation of its signatures contradicts itself; the classic manual has none and recommends a custom header.
    signature: null,
    // The hash covers the payload, which is only a type and an id: the time distinguishes two updates of one order.
    dedupe: ['/hash', '/created_at'],
    type: '/scope',
    entity: { kind: 'order', id: '/data/id', updatedAt: '/created_at', types: ['store/order/*'], deletedTypes: [] },
    source: 'https://developer.bigcommerce.com/api-reference/store-management/webhooks (as known in 2026-07)',
  },
};
