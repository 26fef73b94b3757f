import type { RetryPolicy } from '../contract/platform.ts';

/**
 * Two of the three published policies say that everything but a 2xx is retried, including 4xx; the third names 5xx only as an example.
 * They disagree on how often, so none of them is relied upon.
 */
export const retryPolicy: RetryPolicy = {
  rule: 'Any 2xx within 5 s acknowledges. Anything else, 4xx included, is repeated: 5 to 60 times over 1 to 72 hours, the documents disagree. A target without a 2xx for 3 days is disabled, and what it would have been sent is not recoverable.',
  source:
    'https://developer.ordergroove.com/reference/webhooks-overview, /docs/configure-webhooks-via-api and /reference/configuring-your-server-for-ordergroove-webhooks (read 2026-11)',
  final: [],
  // Its timeout is 5 s ("configuring your server", read 2026-11).
  answerWithinMs: 4500,
  budget: { kind: 'time-without-success', days: 3 },
};
