import type { RetryPolicy } from '../contract/platform.ts';

export const retryPolicy: RetryPolicy = {
  rule: 'Any 4xx, and 500, ends the push for good: the event is lost. 501 to 599 are repeated without end, with growing pauses.',
  source: 'docs.tradecloud1.com, webhook setup and webhook vs polling, read 2026-07-14 (500 counts as final since 2025-07-24)',
  final: [
    [400, 499],
    [500, 500],
  ],
  budget: null,
};
