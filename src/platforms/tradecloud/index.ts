import type { JsonObject } from '../../domain/json.ts';
import { definePlatform, type RetryPolicy } from '../contract/platform.ts';
import type { Route } from '../contract/webhook.ts';
import { connect } from './api.ts';
import { authenticate } from './authenticate.ts';
import { events } from './events.ts';
import { identify } from './identify.ts';
import { interpret, readFetched } from './interpret.ts';
import { portalGuide } from './portal-guide.ts';
import { type TradecloudSettings, tradecloudSettings } from './settings.ts';
import { shapes } from './shapes.ts';
import { issuerAddress } from './simulator/issuer.ts';
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

const retryPolicy: RetryPolicy = {
  rule: 'Any 4xx, and 500, ends the push for good: the event is lost. 501 to 599 are repeated without end, with growing pauses.',
  source: 'docs.tradecloud1.com, webhook setup and webhook vs polling, read 2026-07-14 (500 counts as final since 2025-07-24)',
  final: [
    [400, 499],
    [500, 500],
  ],
  budget: null,
};

/** Names of the headers that carry static secrets beside `Authorization`. */
const secretHeaders = ({ webhook }: TradecloudSettings): readonly string[] =>
  webhook.auth.flatMap((entry) => ('header' in entry ? [entry.header.name.toLowerCase()] : []));

/** Every way in that the service has, so that the simulator can try them all: first those of the portal, then those of a gateway. */
function sandboxConnection(baseUrl: string, secret: () => string): JsonObject {
  const [password, token, apiPassword, key, clientSecret] = [secret(), secret(), secret(), secret(), secret()];
  const auth = [
    { basic: { username: 'tradecloud', password } },
    { bearer: { token } },
    { oauth2: { issuer: issuerAddress(baseUrl), audience: 'api://orderdock-sandbox', clientIds: ['tradecloud-sandbox'] } },
    { header: { name: 'X-Sandbox-Key', value: key } },
    { oauth2: { clients: [{ id: 'tradecloud-sandbox', secret: clientSecret }] } },
  ];
  return { platform: 'tradecloud', webhook: { auth }, api: { baseUrl, username: 'integration@sandbox.example', password: apiPassword } };
}

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
  readFetched,
  connect,
  portalGuide,
  sandboxConnection,
  simulate,
});
