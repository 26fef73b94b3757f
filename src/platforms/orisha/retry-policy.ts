import type { RetryPolicy } from '../contract/platform.ts';

export const retryPolicy: RetryPolicy = {
  rule: 'A webhook with 100 failures and no success between them is disabled. Which responses count as failures, and whether and when they are retried, is not published.',
  source: 'Orisha Commerce Platform documentation, advanced features, webhooks (as known in 2026-11)',
  final: [],
  budget: { kind: 'consecutive', limit: 100 },
};
