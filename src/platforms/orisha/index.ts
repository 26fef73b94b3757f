import { definePlatform } from '../contract/platform.ts';
import { connect } from './api.ts';
import { authenticate } from './authenticate.ts';
import { orishaEvents } from './events.ts';
import { identify } from './identify.ts';
import { interpret } from './interpret.ts';
import { readFetched } from './read/record.ts';
import { type OrishaSettings, orishaSettings } from './settings.ts';
import { orishaShapes } from './shapes.ts';
import { sandboxLists, sandboxPaths } from './simulator/api.ts';
import { simulate } from './simulator/simulate.ts';

export const orisha = definePlatform<OrishaSettings>({
  name: 'orisha',
  title: 'Orisha Commerce',
  settings: orishaSettings,
  // What it sends to tell of an event that we do not know may have no body at all, and must not be refused.
  routes: [{ method: 'POST', path: '', formats: ['json', 'none'] }],
  events: orishaEvents,
  retryPolicy: {
    rule: 'A webhook with 100 failures and no success between them is switched off. Which answers are failures, and whether and when one is repeated, is not published.',
    source: 'Orisha Commerce Platform documentation, advanced features, webhooks (as known in 2026-11)',
    final: [],
    budget: { kind: 'consecutive', limit: 100 },
  },
  shapes: orishaShapes,
  secretHeaders: () => ['x-secret'],
  authenticate,
  identify,
  interpret,
  readFetched: (subject, text) => readFetched(subject, text),
  connect,
  portalGuide,
  sandboxConnection: (baseUrl, secret) => ({
    webhook: { secret: [secret()], administrations: ['1001'] },
    api: {
      baseUrl,
      oauth2: { tokenUrl: `${baseUrl}/oauth/token`, clientId: 'orderdock-sandbox', clientSecret: secret(), audience: 'orisha-sandbox' },
      paths: { ...sandboxPaths },
      lists: structuredClone(sandboxLists),
    },
  }),
  simulate,
});

function portalGuide(settings: OrishaSettings, webhookUrl: string): string[] {
  const administrations = settings.webhook.administrations?.join(', ') ?? 'any (name them in webhook.administrations)';
  return [
    `URL: ${webhookUrl}`,
    `Administration: ${administrations}; each has room for 3 webhooks`,
    `Event types: ${orishaEvents.map((event) => event.type).join(', ')}`,
    'Secret: the portal shows it once, when the webhook is created; enter it in webhook.secret of this connection.',
    'After a reset of the secret: list the new one beside the old one until no delivery uses the old one any more.',
  ];
}
