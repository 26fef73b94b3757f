import { definePlatform } from '../contract/platform.ts';
import { connect } from './api.ts';
import { authenticate } from './authenticate.ts';
import { ordergrooveEvents } from './events.ts';
import { identify } from './identify.ts';
import { interpret } from './interpret.ts';
import { readFetched } from './read/fetched.ts';
import { redactBody } from './redact.ts';
import { type OrdergrooveSettings, ordergrooveSettings } from './settings.ts';
import { ordergrooveShapes } from './shapes.ts';
import { simulate } from './simulator/simulate.ts';

export const ordergroove = definePlatform<OrdergrooveSettings>({
  name: 'ordergroove',
  title: 'Ordergroove',
  settings: ordergrooveSettings,
  routes: [{ method: 'POST', path: '', formats: ['json'] }],
  events: ordergrooveEvents,
  retryPolicy: {
    rule: 'Any 2xx acknowledges, within 5 s. After a 5xx or no answer an event comes again, 5 to 60 times over hours or days: the documents disagree. Whether it comes again after a 4xx is not said, so 4xx counts as final. A target without a 2xx for 3 days is disabled, and what it would have been sent is not recoverable.',
    source:
      'https://developer.ordergroove.com/reference/webhooks-overview, /reference/configuring-your-server-for-ordergroove-webhooks and /docs/configure-webhooks-via-api (read 2026-07)',
    final: [[400, 499]],
    budget: { kind: 'time-without-success', days: 3 },
  },
  shapes: ordergrooveShapes,
  secretHeaders: () => [],
  redactBody,
  authenticate,
  identify,
  interpret,
  readFetched: (subject, text) => readFetched(subject, text),
  connect,
  portalGuide,
  sandboxConnection: (baseUrl, secret) => ({
    webhook: { verificationKey: secret() },
    api: { baseUrl, apiKey: secret() },
    management: { baseUrl, merchant: '6f1c0d2e84b94a7ab3e5190c7d42f8aa' },
  }),
  simulate,
});

function portalGuide(_settings: OrdergrooveSettings, webhookUrl: string): string[] {
  return [
    'Ordergroove Admin, Developers > Webhooks > Create webhook:',
    `Target URL: ${webhookUrl}`,
    'Event types: all of Subscriber, Subscription, Order, Item and Entitlement (Workflow events are kept and ignored)',
    'Advanced payload settings: leave id, type and the id of the object in place; everything else may be left out',
    'After saving: put the verification key that is shown into webhook.verificationKey of this connection, beside any older one',
    'Enable it only once the service runs with that key: what a disabled or failing webhook misses is not sent again',
  ];
}
