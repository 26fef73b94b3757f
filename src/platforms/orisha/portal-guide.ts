import { orishaEvents } from './events.ts';
import type { OrishaSettings } from './settings.ts';

/** What to enter in the portal, one line each; the secret is named, not shown. */
export function portalGuide(settings: OrishaSettings, webhookUrl: string): string[] {
  const administrations = settings.webhook.administrations?.join(', ') ?? 'any (name them in webhook.administrations)';
  return [
    `URL: ${webhookUrl}`,
    `Administration: ${administrations}; each allows 3 webhooks`,
    `Event types: ${orishaEvents.map((event) => event.type).join(', ')}`,
    'Secret: the portal shows it once, when the webhook is created; enter it in webhook.secret of this connection.',
    'After a reset of the secret: list both the new and the old one until no delivery uses the old one.',
  ];
}
