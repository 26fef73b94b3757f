import { definePlatform } from '../contract/platform.ts';
import { connect } from './api.ts';
import { authenticate } from './authenticate.ts';
import { orishaEvents } from './events.ts';
import { identify } from './identify.ts';
import { interpret } from './interpret.ts';
import { portalGuide } from './portal-guide.ts';
import { readFetched } from './read-fetched.ts';
import { retryPolicy } from './retry-policy.ts';
import { type OrishaSettings, orishaSettings } from './settings.ts';
import { orishaShapes } from './shapes.ts';
import { sandboxConnection } from './simulator/sandbox-connection.ts';
import { simulate } from './simulator/simulate.ts';

export const orisha = definePlatform<OrishaSettings>({
  name: 'orisha',
  title: 'Orisha Commerce',
  settings: orishaSettings,
  // An unknown event may have no body at all and must not be refused.
  routes: [{ method: 'POST', path: '', formats: ['json', 'none'] }],
  events: orishaEvents,
  retryPolicy,
  shapes: orishaShapes,
  secretHeaders: () => ['x-secret'],
  authenticate,
  identify,
  interpret,
  readFetched,
  connect,
  portalGuide,
  sandboxConnection,
  simulate,
});
