import { definePlatform } from '../contract/platform.ts';
import { connect } from './api.ts';
import { authenticate, SIGNATURE_HEADER } from './authenticate.ts';
import { ordergrooveEvents } from './events.ts';
import { identify } from './identify.ts';
import { interpret } from './interpret.ts';
import { portalGuide } from './portal-guide.ts';
import { readFetched } from './read-fetched.ts';
import { redactBody } from './redact.ts';
import { retryPolicy } from './retry-policy.ts';
import { type OrdergrooveSettings, ordergrooveSettings } from './settings.ts';
import { ordergrooveShapes } from './shapes.ts';
import { sandboxConnection } from './simulator/sandbox-connection.ts';
import { simulate } from './simulator/simulate.ts';

export const ordergroove = definePlatform<OrdergrooveSettings>({
  name: 'ordergroove',
  title: 'Ordergroove',
  settings: ordergrooveSettings,
  routes: [{ method: 'POST', path: '', formats: ['json'] }],
  events: ordergrooveEvents,
  retryPolicy,
  shapes: ordergrooveShapes,
  secretHeaders: () => [],
  signatureHeader: () => SIGNATURE_HEADER,
  redactBody,
  authenticate,
  identify,
  interpret,
  canFetch: (kind, { api }) => api !== undefined && ['order', 'subscription', 'subscriber'].includes(kind),
  readFetched,
  connect,
  portalGuide,
  sandboxConnection,
  simulate,
});
