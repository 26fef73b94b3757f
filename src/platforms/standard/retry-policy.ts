import type { RetryPolicy } from '../contract/platform.ts';

/** Many senders use this platform, so the strictest of them counts. */
export const retryPolicy: RetryPolicy = {
  rule: 'Any 2xx acknowledges. 410 ends a Standard Webhooks subscription; some of the other senders repeat nothing after a 4xx, and WooCommerce repeats nothing at all and stops after 5 failures in a row: the strictest of them counts.',
  source:
    'https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md, https://woocommerce.com/document/webhooks and https://docs.getrecharge.com/docs/webhooks-overview (as known in 2026-07)',
  final: [
    [400, 407],
    [409, 428],
    [430, 499],
  ],
  // Shopify's and Recharge's time-outs are 5 s, the shortest of them (shopify.dev, docs.getrecharge.com, read 2026-07).
  answerWithinMs: 4500,
  budget: { kind: 'consecutive', limit: 5 },
};
