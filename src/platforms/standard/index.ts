import { definePlatform } from '../contract/platform.ts';
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
  signatureHeader: ({ webhook }) => webhook.signature?.header.toLowerCase() ?? null,
  authenticate,
  identify,
  interpret,
  readFetched,
  connect: () => null,
  portalGuide,
  sandboxConnection,
  simulate,
});
