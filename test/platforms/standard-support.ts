import type { CredentialChecker, StoredRequest, WebhookRequest } from '../../src/platforms/contract/webhook.ts';
import { standard } from '../../src/platforms/standard/index.ts';
import { verdictOn } from '../support/incoming.ts';

export const TS = 1767261605;
export const NOW = new Date(TS * 1000);
export const SECRET = 'orderdock-test-secret';
export const body = '{"id":4411,"updated_at":"2026-02-03T04:05:06Z","name":"#1042","note":"Zürich ☕","total_price":"19.90"}';

// Known signatures, computed with another implementation over `body` and SECRET.
export const BASE64 = 'JOmpnCfjeERb78k10+xvo4xmjvdRr8mTBv662GPMgN0=';
export const HEX = '24e9a99c27e378445befc935d3ec6fa38c668ef751afc99306febad863cc80dd';
export const SHA512 = 'pRwPPCy+r7Ge+vylE9hbBkdOmVIIghdq0YpCjI1/J43+aMrgTokCJvfInSM7RPjPWW8d6krx9YjUUy0JjumSlQ==';
export const SHA1_HEX = '9e7f3727daa037fc377be799df2bd545a5d06534';
export const SQUARE = 'kbhR8CZ6bw3PYd5PnG/G3DzMeqbypPt3FtZ6Ma/h+c4=';
export const ECWID = 'wofrP3mu9c2dn5saLtnSI0HG9yWRBwrioVuXuXyeeVE=';
export const PLAIN_HASH = '568c13bf807d085179d65135eb03e7807be336e899befb8186cec1d8f24aa653';
export const STANDARD_SECRET = 'whsec_b3JkZXJkb2NrLXN0YW5kYXJkLXNlY3JldC0yNA==';
export const STANDARD = 'v1,MvViDs33KLMxTFGu3ydCXOytWJpQ1Pe/3/6oyQcZCGQ=';
export const HEX_KEY = 'ab8edbf3f08bc2effdf67690d4333a98e10abea0e2b859aa706be7b5b95d0ca1';
export const BASE64_KEY = '0517a1ba4c72c3539ed3c4615f836004f928dce7ddbd491f51aadf5ebbaa07b7';
export const MS_TIMESTAMP = '16d9a7ca0748fff0459c156d682af9aedfe5814ae5d6077cfcb8395f45a197e6';

// hex HMAC-SHA256 over `1767261605.` and `body`; the key `whsec_orderdock-test` as text.
export const STRIPE_SECRET = 'whsec_orderdock-test';
export const STRIPE = '84182a4e89addaeaa33bdc8e822a7878bf5b549826aa7ec8cbfd753093569c82';

export const gatekeeper: CredentialChecker = { accepts: async () => false, now: NOW };

export const inbound = (
  sent: string | Buffer,
  headers: Record<string, string> = {},
  more: Partial<WebhookRequest> = {},
): WebhookRequest => ({
  method: 'POST',
  path: '',
  params: {},
  query: {},
  headers,
  body: Buffer.from(sent),
  format: 'json',
  url: 'https://hooks.example.net/webhooks/shop-square',
  receivedAt: NOW,
  remoteAddress: '203.0.113.9',
  ...more,
});

export const arrived = (sent: string, headers: Record<string, string> = {}): StoredRequest => ({
  method: 'POST',
  path: '',
  headers,
  body: Buffer.from(sent),
  contentType: 'application/json',
  eventType: null,
  eventId: null,
  subject: null,
  receivedAt: NOW.toISOString(),
});

export const settingsOf = (settings: object) => standard.settings.parse(settings);
export const signedWith = (signature: object) => settingsOf({ webhook: { signature: { secret: SECRET, ...signature } } });
export const preset = (name: string, more: object = {}) =>
  settingsOf({ preset: name, webhook: { signature: { secret: SECRET } }, ...more });

export const verdict = (
  settings: ReturnType<typeof settingsOf>,
  headers: Record<string, string>,
  sent: string | Buffer = body,
  now = NOW,
) => verdictOn(standard, inbound(sent, headers), settings, { ...gatekeeper, now });
export const accepted = async (...args: Parameters<typeof verdict>) => (await verdict(...args)).accepted;

export const standardHeaders = (signature = STANDARD, more: Record<string, string> = {}) => ({
  'webhook-id': 'msg_01orderdock',
  'webhook-timestamp': String(TS),
  'webhook-signature': signature,
  ...more,
});
export const standardWebhooks = (secret: string | string[] = STANDARD_SECRET, more: object = {}) =>
  settingsOf({ webhook: { signature: { scheme: 'standard-webhooks', secret, ...more } } });
