import { definePlatform } from '../contract/platform.ts';
import type { WebhookRequest } from '../contract/webhook.ts';
import { authenticate } from './authenticate.ts';
import { identify } from './identify.ts';
import { interpret, readFetched } from './interpret.ts';
import { PRESETS } from './presets.ts';
import { type StandardSettings, standardSettings } from './settings.ts';
import { simulate } from './simulator/simulate.ts';

export const standard = definePlatform<StandardSettings>({
  name: 'standard',
  title: 'Standard Webhooks and other signed webhooks',
  settings: standardSettings,
  routes: [{ method: 'POST', path: '', formats: ['json', 'form'] }],
  // Whatever a sender calls its events: these are the sandbox's.
  events: [
    {
      type: 'order.created',
      kind: 'order',
      effect: 'apply',
      note: 'any type of a connection is applied, unless entity.types says otherwise',
    },
    { type: 'order.updated', kind: 'order', effect: 'apply' },
    { type: 'order.deleted', kind: 'order', effect: 'delete', note: 'the types of entity.deletedTypes' },
  ],
  retryPolicy: {
    rule: 'Any 2xx acknowledges. 410 ends a Standard Webhooks subscription; some of the other senders repeat nothing after a 4xx, and WooCommerce repeats nothing at all and stops after 5 failures in a row: the strictest of them counts.',
    source:
      'https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md, https://woocommerce.com/document/webhooks and https://docs.getrecharge.com/docs/webhooks-overview (as known in 2026-07)',
    final: [
      [400, 407],
      [409, 428],
      [430, 499],
    ],
    budget: { kind: 'consecutive', limit: 5 },
  },
  // Bodies are the sender's own: nothing is known of them beyond the connection's expressions.
  shapes: {},
  secretHeaders: ({ webhook }) => webhook.auth.flatMap((entry) => ('header' in entry ? entry.header.name.toLowerCase() : [])),
  isGreeting,
  authenticate,
  identify,
  interpret,
  readFetched,
  connect: () => null,
  portalGuide,
  sandboxConnection: (_baseUrl, secret) => ({
    webhook: { signature: { scheme: 'standard-webhooks', secret: `whsec_${Buffer.from(secret()).toString('base64')}` } },
    entity: {
      ...{ kind: 'order', id: '/data/id', updatedAt: '/data/updated_at', number: '/data/number', status: '/data/status' },
      ...{ currency: '/data/currency', total: '/data/total', types: ['order.created', 'order.updated'], deletedTypes: ['order.deleted'] },
    },
  }),
  simulate,
});

/** WooCommerce sends `webhook_id=17` unsigned when a webhook is saved, and only activates it after a 200. */
function isGreeting({ method, body, headers }: WebhookRequest, { preset, webhook }: StandardSettings): boolean {
  const signed = webhook.signature !== null && headers[webhook.signature.header.toLowerCase()] !== undefined;
  return preset === 'woocommerce' && method === 'POST' && !signed && body.length < 64 && /^webhook_id=\d+$/.test(body.toString('latin1'));
}

function portalGuide({ preset, webhook }: StandardSettings, webhookUrl: string): string[] {
  const { signature } = webhook;
  const title = preset ? PRESETS[preset].title : 'the sender';
  const lines = [`Enter at ${title}:`, `URL: ${webhook.url ?? webhookUrl}`, 'Format: JSON, method POST'];
  if (!signature) return [...lines, 'Authentication: one of webhook.auth of this connection'];
  const message = signature.scheme === 'standard-webhooks' ? '{id}.{timestamp}.{body}' : signature.template;
  return [
    ...lines,
    `Secret: the one of webhook.signature.secret, or put the one that ${title} shows there`,
    `Signature: ${signature.scheme} over ${message}, expected in the header ${signature.header}`,
    ...(message.includes('{url}') ? [`The signature covers the URL: set webhook.url to exactly what is entered at ${title}`] : []),
    ...(message.includes('{body}')
      ? []
      : ['The signature does not cover the body: prefer a sender that signs it, or restrict webhook.allowIps']),
  ];
}
