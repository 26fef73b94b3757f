import { definePlatform } from '../contract/platform.ts';
import { connect } from './api.ts';
import { authenticate } from './authenticate.ts';
import { ordermentumEvents } from './events.ts';
import { identify } from './identify.ts';
import { interpret } from './interpret.ts';
import { portalGuide } from './portal-guide.ts';
import { isOrdermentumKind } from './read/resource.ts';
import { readFetched } from './read-fetched.ts';
import { retryPolicy } from './retry-policy.ts';
import { type OrdermentumSettings, ordermentumSettings } from './settings.ts';
import { ordermentumShapes } from './shapes.ts';
import { sandboxConnection } from './simulator/sandbox-connection.ts';
import { simulate } from './simulator/simulate.ts';

export const ordermentum = definePlatform<OrdermentumSettings>({
  name: 'ordermentum',
  title: 'Ordermentum',
  settings: ordermentumSettings,
  routes: [{ method: 'POST', path: '', formats: ['json'] }],
  events: ordermentumEvents,
  retryPolicy,
  shapes: ordermentumShapes,
  secretHeaders: (settings) => settings.webhook.auth.flatMap((entry) => ('header' in entry ? entry.header.name.toLowerCase() : [])),
  authenticate,
  identify,
  interpret,
  canFetch: (kind, { api }) => api !== undefined && isOrdermentumKind(kind),
  readFetched,
  connect,
  portalGuide,
  sandboxConnection,
  simulate,
});
