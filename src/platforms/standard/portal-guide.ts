import { PRESETS } from './presets.ts';
import type { StandardSettings } from './settings.ts';

/** What to enter at the sender, one line each; the secret is named, not shown. */
export function portalGuide({ preset, webhook }: StandardSettings, webhookUrl: string): string[] {
  const { signature } = webhook;
  const title = preset ? PRESETS[preset].title : 'the sender';
  const lines = [`Enter at ${title}:`, `URL: ${webhook.url ?? webhookUrl}`, 'Format: JSON, method POST'];
  const names = webhook.auth.flatMap((entry) => ('header' in entry ? [entry.header.name] : []));
  if (!signature && names.length > 0) return [...lines, `Headers: ${names.join(' or ')}, with the value as in this connection's settings`];
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
