import type { TradecloudSettings } from './settings.ts';

/** What a company admin enters at Tradecloud: My Company > Settings. One line each; secrets are named, not shown. */
export function portalGuide(settings: TradecloudSettings, webhookUrl: string): string[] {
  return [
    'Portal: My Company > Settings (as company admin), three separate blocks with the same values',
    `Orders Webhook Integration: method POST, URL ${webhookUrl}/orders`,
    `Order Documents Webhook Integration: method POST, URL ${webhookUrl}/orders`,
    `Shipments Webhook Integration: method POST, URL ${webhookUrl}/shipments`,
    ...settings.webhook.auth.map((entry, position) => `Authentication (one of): ${describe(entry, position, webhookUrl)}`),
    ...(settings.webhook.auth.length === 0 ? ['Authentication: none is configured in webhook.auth, so nothing would be accepted'] : []),
    `My system supports: ${settings.deliveryMode === 'single' ? 'only one single delivery per order line' : 'multiple deliveries per order line'}`,
    'Format: JSON (or tXML, for orders only)',
    'Events: all of them; what is not wanted is cheaper to leave unread than to miss',
    'GET webhooks of older integrations:',
    `  orders ${webhookUrl}/orders/{orderId} or ${webhookUrl}/orders?orderId={orderId}`,
    `  shipments ${webhookUrl}/shipments/{shipmentId} or ${webhookUrl}/shipments?shipmentId={shipmentId}`,
    'Calls come from 35.204.36.162 (acceptance), 35.204.224.107 and 34.90.20.233 (production), as of 2026-07; see webhook.allowIps',
  ];
}

type Entry = TradecloudSettings['webhook']['auth'][number];

function describe(entry: Entry, position: number, webhookUrl: string): string {
  const place = `webhook.auth[${position}]`;
  if ('basic' in entry) return `Basic, username ${entry.basic.username}, password as in ${place}.basic.password`;
  if ('bearer' in entry) return `Bearer, token as in ${place}.bearer.token`;
  if ('header' in entry) return `not offered by the portal: header ${entry.header.name} (for a gateway in front)`;
  if ('clients' in entry.oauth2)
    return `not offered by the portal: our own tokens from ${new URL(webhookUrl).origin}/oauth/token (for a gateway in front)`;
  if ('issuer' in entry.oauth2) {
    return `OAuth 2.0 (orders and order documents only), Microsoft identity platform: token endpoint of ${entry.oauth2.issuer.join(' or ')}, scope AUDIENCE/.default with audience ${entry.oauth2.audience.join(' or ')}`;
  }
  return `OAuth 2.0 with tokens checked by introspection, ${place}`;
}
