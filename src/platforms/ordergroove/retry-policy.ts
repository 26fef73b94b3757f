import type { RetryPolicy } from '../contract/platform.ts';

export const retryPolicy: RetryPolicy = {
  rule: 'Any 2xx acknowledges, within 5 s. After a 5xx or no answer an event comes again, 5 to 60 times over hours or days: the documents disagree. Whether it comes again after a 4xx is not said, so 4xx counts as final. A target without a 2xx for 3 days is disabled, and what it would have been sent is not recoverable.',
  source:
    'https://developer.ordergroove.com/reference/webhooks-overview, /reference/configuring-your-server-for-ordergroove-webhooks and /docs/configure-webhooks-via-api (read 2026-07)',
  final: [[400, 499]],
  budget: { kind: 'time-without-success', days: 3 },
};
