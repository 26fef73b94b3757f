import { definePlatform } from '../contract/platform.ts';
import type { Route } from '../contract/webhook.ts';
import { connect } from './api.ts';
import { authenticate } from './authenticate.ts';
import { events } from './events.ts';
import { identify } from './identify.ts';
import { interpret } from './interpret.ts';
import { portalGuide } from './portal-guide.ts';
import { readFetched } from './read-fetched.ts';
import { retryPolicy } from './retry-policy.ts';
import { type TradecloudSettings, tradecloudSettings } from './settings.ts';
import { shapes } from './shapes.ts';
import { sandboxConnection } from './simulator/sandbox-connection.ts';
import { simulate } from './simulator/simulate.ts';

const routes: readonly Route[] = [
  { method: 'POST', path: '', formats: ['json', 'xml'] },
  { method: 'POST', path: '/orders', formats: ['json', 'xml'] },
  { method: 'POST', path: '/shipments', formats: ['json'] },
  { method: 'GET', path: '/orders/:orderId', formats: ['none', 'json', 'xml', 'form'] },
  { method: 'GET', path: '/orders', formats: ['none', 'json', 'xml', 'form'] },
  { method: 'GET', path: '/shipments/:shipmentId', formats: ['none', 'json', 'xml', 'form'] },
  { method: 'GET', path: '/shipments', formats: ['none', 'json', 'xml', 'form'] },
];

/** Names of the headers other than `Authorization` that carry static secrets. */
const secretHeaders = ({ webhook }: TradecloudSettings): readonly string[] =>
  webhook.auth.flatMap((entry) => ('header' in entry ? [entry.header.name.toLowerCase()] : []));

/** Tradecloud One, API v2: orders, order documents and shipments. Quirks and sources: README.md in this folder. */
export const tradecloud = definePlatform<TradecloudSettings>({
  name: 'tradecloud',
  title: 'Tradecloud',
  settings: tradecloudSettings,
  routes,
  events,
  retryPolicy,
  shapes,
  secretHeaders,
  authenticate,
  identify,
  interpret,
  canFetch: (kind, { api }) => (kind === 'order' || kind === 'shipment') && (api?.oauth2 ?? api?.username) !== undefined,
  readFetched,
  connect,
  portalGuide,
  sandboxConnection,
  simulate,
});
