import type { EventDescription } from '../contract/platform.ts';

/** The kinds of resource that Ordermentum reports. */
export type OrdermentumKind = 'order' | 'invoice' | 'credit-note' | 'purchaser';

interface OrdermentumEvent extends EventDescription {
  kind: OrdermentumKind;
}

const note = 'without an API the body itself is applied';
const described = (type: string, kind: OrdermentumKind): OrdermentumEvent => ({ type, kind, effect: 'fetch', note });

/** The complete list (docs.ordermentum.io, registering webhooks, as known in 2026-11): there is no delete, order_cancelled or delivered event. */
export const ordermentumEvents: readonly OrdermentumEvent[] = [
  described('order_created', 'order'),
  described('order_updated', 'order'),
  described('purchaser_created', 'purchaser'),
  described('purchaser_updated', 'purchaser'),
  described('invoice_created', 'invoice'),
  described('invoice_updated', 'invoice'),
  described('credit_note_created', 'credit-note'),
  described('credit_note_updated', 'credit-note'),
  described('credit_note_completed', 'credit-note'),
  described('credit_note_cancelled', 'credit-note'),
];

const kinds = new Map(ordermentumEvents.map((event) => [event.type, event.kind]));

/** The kind of resource that an event is about; null for an unknown event. */
export const kindOfEvent = (eventType: string): OrdermentumKind | null => kinds.get(eventType) ?? null;
