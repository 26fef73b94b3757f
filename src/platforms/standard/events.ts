import type { EventDescription } from '../contract/platform.ts';

/** Each sender has its own event names: these are the sandbox's. */
export const events: readonly EventDescription[] = [
  {
    type: 'order.created',
    kind: 'order',
    effect: 'apply',
    note: 'any type of a connection is applied unless entity.types excludes it',
  },
  { type: 'order.updated', kind: 'order', effect: 'apply' },
  { type: 'order.deleted', kind: 'order', effect: 'delete', note: 'the types of entity.deletedTypes' },
];
