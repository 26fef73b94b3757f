import type { EntityKind } from '../../domain/entities/entity.ts';
import type { EventDescription } from '../contract/platform.ts';

const FAMILY_NAMES = ['subscriber', 'subscription', 'order', 'item', 'entitlement', 'workflow'] as const;
export type Family = (typeof FAMILY_NAMES)[number];

export const isFamily = (name: string): name is Family => FAMILY_NAMES.some((family) => family === name);

type Effect = EventDescription['effect'];
type Row = readonly [name: string, note?: string, effect?: Effect];

/**
 * Every documented event type by family (developer.ordergroove.com, the six webhook event pages and the filter list of "Configure
 * webhooks via API", read 2026-07): 45 names and one alias.
 */
const FAMILIES: Readonly<Record<Family, { kind: EntityKind | null; effect: Effect; names: readonly Row[] }>> = {
  subscriber: {
    kind: 'subscriber',
    effect: 'apply',
    names: [
      ['create', 'only once per customer'],
      ['cancel', 'the last active subscription is gone; may repeat'],
      ['subscriptions_created'],
    ],
  },
  subscription: {
    kind: 'subscription',
    effect: 'apply',
    names: [
      ['create'],
      ['created', 'the guides also write subscription.create this way'],
      ['cancel'],
      ['sku_swap'],
      ['change_live', 'reactivated'],
      ['reactivate', 'in the older filter list only'],
      ['change_frequency'],
      ['change_components'],
      ['change_quantity'],
      ['change_shipping_address'],
      ['change_payment'],
      ['refresh_one_click_token', 'the token is redacted'],
    ],
  },
  order: {
    kind: 'order',
    effect: 'fetch',
    names: [
      ['create'],
      ['change_shipping_address'],
      ['change_payment'],
      ['change_billing', 'in the older filter list only'],
      ['change_next_order_date'],
      ['skip_order', 'an order.create for the next cycle follows'],
      ['send_now'],
      ['cancel'],
      ['success'],
      ['delete', 'its totals are stale: it only marks the order deleted', 'delete'],
      ['generic_error', 'may repeat'],
      ['reject'],
      ['reminder'],
      ['retryable_placement_failure'],
      ['refresh_one_click_token', 'the token is redacted'],
    ],
  },
  item: {
    kind: 'order',
    effect: 'fetch',
    names: [
      ['create'],
      ['change_order', 'names the new order only; the old one is refreshed by reconciliation'],
      ['change_quantity'],
      ['remove', 'without an API the line is marked removed'],
      ['item_subscribe'],
      ['update_price'],
      ['sku_swap'],
      ['successfully_placed'],
      ['out_of_stock'],
    ],
  },
  entitlement: {
    kind: 'entitlement',
    effect: 'apply',
    names: [
      ['entitlements_granted'],
      ['entitlements_expiring', 'one week ahead'],
      ['entitlements_expired'],
      ['entitlements_grace_period_expired'],
      ['entitlements_expiration_modified'],
      ['entitlements_voided'],
    ],
  },
  workflow: { kind: null, effect: 'ignore', names: [['send_communication', 'a message to a customer: nothing for an ERP to store']] },
};

const NOTE_WITHOUT_API = 'without an API the event itself is applied';

export const ordergrooveEvents: readonly EventDescription[] = FAMILY_NAMES.flatMap((family) => {
  const { kind, effect, names } = FAMILIES[family];
  return names.map(([name, note, own]) => {
    const notes = [note, (own ?? effect) === 'fetch' ? NOTE_WITHOUT_API : undefined].filter((text) => text !== undefined).join('; ');
    return { type: `${family}.${name}`, kind, effect: own ?? effect, ...(notes === '' ? {} : { note: notes }) };
  });
});

const families = new Map<string, Family>(
  FAMILY_NAMES.flatMap((family) => FAMILIES[family].names.map(([name]) => [`${family}.${name}`, family] as const)),
);

/** The family of a known event type; null for an unknown one. */
export const familyOf = (type: string): Family | null => families.get(type) ?? null;
