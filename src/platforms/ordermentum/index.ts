import { definePlatform } from '../contract/platform.ts';
import { connect } from './api.ts';
import { authenticate } from './authenticate.ts';
import { ordermentumEvents } from './events.ts';
import { identify } from './identify.ts';
import { interpret } from './interpret.ts';
import { readFetched } from './read/resource.ts';
import { type OrdermentumSettings, ordermentumSettings } from './settings.ts';
import { ordermentumShapes } from './shapes.ts';
import { simulate } from './simulator/simulate.ts';

export const ordermentum = definePlatform<OrdermentumSettings>({
  name: 'ordermentum',
  title: 'Ordermentum',
  settings: ordermentumSettings,
  routes: [{ method: 'POST', path: '', formats: ['json'] }],
  events: ordermentumEvents,
  retryPolicy: {
    rule: 'Any 2xx is a success; anything else is tried again with growing delays, three attempts in all, and then given up.',
    source: 'https://docs.ordermentum.io/docs/registering-webhooks-for-order-events-1 (as known in 2026-11)',
    final: [],
    budget: { kind: 'attempts-per-event', limit: 3 },
  },
  shapes: ordermentumShapes,
  secretHeaders: (settings) => settings.webhook.auth.flatMap((entry) => ('header' in entry ? entry.header.name.toLowerCase() : [])),
  authenticate,
  identify,
  interpret,
  readFetched: (subject, text) => readFetched(subject, text),
  connect,
  portalGuide,
  sandboxConnection: (baseUrl, secret) => ({
    webhook: {
      auth: [{ basic: { username: 'ordermentum', password: secret() } }, { header: { name: 'X-Connector-Token', value: secret() } }],
    },
    api: { baseUrl, apiKey: secret(), supplierId: '5b0f4c1e-93a7-4d6b-8c52-1f7e0a9d3b64' },
  }),
  simulate,
});

// Ordermentum has no page for webhooks: they are registered by its API alone.
function portalGuide(settings: OrdermentumSettings, webhookUrl: string): string[] {
  const connection = new URL(webhookUrl).pathname.split('/').at(-1) ?? '';
  const kinds = settings.webhook.auth.map((entry) => Object.keys(entry)[0]).filter((kind) => kind !== 'oauth2');
  return [
    `Register with: npm run orderdock -- webhooks register ${connection}`,
    `URL: ${webhookUrl}`,
    `Entity: supplier ${settings.api?.supplierId ?? '(set api.supplierId)'}`,
    `Events: ${ordermentumEvents.map((event) => event.type).join(', ')}`,
    `Authentication: ${kinds.length > 0 ? `${kinds.join(' and ')} from webhook.auth of this connection` : '(add a basic, bearer or header entry to webhook.auth)'}`,
  ];
}
