import { definePlatform } from '../contract/platform.ts';
import type { WebhookRequest } from '../contract/webhook.ts';
import { authenticate } from './authenticate.ts';
import { events } from './events.ts';
import { identify } from './identify.ts';
import { interpret } from './interpret.ts';
import { portalGuide } from './portal-guide.ts';
import { readFetched } from './read-fetched.ts';
import { retryPolicy } from './retry-policy.ts';
import { type StandardSettings, standardSettings } from './settings.ts';
import { shapes } from './shapes.ts';
import { sandboxConnection } from './simulator/sandbox-connection.ts';
import { simulate } from './simulator/simulate.ts';

export const standard = definePlatform<StandardSettings>({
  name: 'standard',
  title: 'Standard Webhooks and other signed webhooks',
  settings: standardSettings,
  routes: [{ method: 'POST', path: '', formats: ['json', 'form'] }],
  events,
  retryPolicy,
  shapes,
  secretHeaders: ({ webhook }) => webhook.auth.flatMap((entry) => ('header' in entry ? entry.header.name.toLowerCase() : [])),
  isGreeting,
  authenticate,
  identify,
  interpret,
  readFetched,
  connect: () => null,
  portalGuide,
  sandboxConnection,
  simulate,
});

/** WooCommerce sends `webhook_id=17` unsigned when a webhook is saved, and only activates it after a 200. */
function isGreeting({ method, body, headers }: WebhookRequest, { preset, webhook }: StandardSettings): boolean {
  const signed = webhook.signature !== null && headers[webhook.signature.header.toLowerCase()] !== undefined;
  return preset === 'woocommerce' && method === 'POST' && !signed && body.length < 64 && /^webhook_id=\d+$/.test(body.toString('latin1'));
}
