import type { RetryPolicy } from '../contract/platform.ts';

export const retryPolicy: RetryPolicy = {
  rule: 'A webhook with 100 failures and no success between them is switched off. Which answers are failures, and whether and when one is repeated, is not published.',
  source: 'Orisha Commerce Platform documentation, advanced features, webhooks (as known in 2026-11)',
  final: [],
  budget: { kind: 'consecutive', limit: 100 },
};
