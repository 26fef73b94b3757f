import type { EventDescription } from '../contract/platform.ts';

/** The kinds of record that Orisha Commerce reports; they are also the keys of `api.paths` and `api.lists`. */
export const ORISHA_KINDS = ['item', 'customer', 'price-list', 'contact-person', 'address'] as const;
export type OrishaKind = (typeof ORISHA_KINDS)[number];

/** The codes that identify a record, in the order of its external id. */
export const codesOfKind: Record<OrishaKind, readonly string[]> = {
  item: ['ItemCode'],
  customer: ['CustomerCode'],
  'price-list': ['PriceListCode'],
  'contact-person': ['CustomerCode', 'ContactPersonCode'],
  address: ['CustomerCode', 'AddressCode'],
};

export interface OrishaEvent extends EventDescription {
  kind: OrishaKind;
  action: 'created' | 'updated' | 'deleted';
}

const fetchNote = 'without a path for the kind in api.paths the codes themselves are applied';
const described = (name: string, kind: OrishaKind, ...actions: OrishaEvent['action'][]): OrishaEvent[] =>
  actions.map((action) => ({
    type: `${name}.${action}`,
    kind,
    action,
    ...(action === 'deleted' ? { effect: 'delete' } : { effect: 'fetch', note: fetchNote }),
  }));

/** All 13: items and price lists have no update event at all, so changes show only in their lists. */
export const orishaEvents: readonly OrishaEvent[] = [
  ...described('item', 'item', 'created', 'deleted'),
  ...described('customer', 'customer', 'created', 'deleted', 'updated'),
  ...described('pricelist', 'price-list', 'created', 'deleted'),
  ...described('customer.contactperson', 'contact-person', 'created', 'deleted', 'updated'),
  ...described('customer.address', 'address', 'created', 'deleted', 'updated'),
];

const byType = new Map(orishaEvents.map((event) => [event.type, event]));

/** Null for an unknown event. */
export const findEvent = (eventType: string): OrishaEvent | null => byType.get(eventType.toLowerCase()) ?? null;
