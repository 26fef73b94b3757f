import type { RetryPolicy } from '../contract/platform.ts';

export const retryPolicy: RetryPolicy = {
  rule: 'Any 2xx is a success; anything else is tried again with growing delays, three attempts in all, and then given up.',
  source: 'https://docs.ordermentum.io/docs/registering-webhooks-for-order-events-1 (as known in 2026-11)',
  final: [],
  budget: { kind: 'attempts-per-event', limit: 3 },
};
