import { ordermentumEvents } from './events.ts';
import type { OrdermentumSettings } from './settings.ts';

// Ordermentum has no web page for webhooks: they can only be registered through its API.
export function portalGuide(settings: OrdermentumSettings, webhookUrl: string): string[] {
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
