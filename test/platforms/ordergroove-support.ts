import type { TestContext } from 'node:test';
import type { Simulation } from '../../src/platforms/contract/simulation.ts';
import type { CredentialChecker, StoredRequest, WebhookRequest } from '../../src/platforms/contract/webhook.ts';
import { ordergroove } from '../../src/platforms/ordergroove/index.ts';
import { remoteServer } from '../remote/remote-server.ts';

export const NOW = new Date('2026-01-01T10:00:05.000Z');
export const KEYS = ['first-verification-key', 'second-verification-key'];

export const gatekeeper: CredentialChecker = { accepts: async () => false, now: NOW };

/** Settings as read from the connections file. */
export const settingsWith = (more: object = {}, webhook: object = {}) =>
  ordergroove.settings.parse({ webhook: { verificationKey: KEYS, ...webhook }, ...more });

export const withApi = (baseUrl = 'https://restapi.ordergroove.com') => settingsWith({ api: { baseUrl, apiKey: 'api-key-1' } });

export const inbound = (body: string | Buffer, headers: Record<string, string> = {}): WebhookRequest => ({
  method: 'POST',
  path: '',
  params: {},
  query: {},
  headers,
  body: Buffer.from(body),
  format: 'json',
  url: 'https://hooks.example.net/webhooks/subs',
  receivedAt: NOW,
  remoteAddress: '203.0.113.9',
});

export const arrived = (event: object): StoredRequest => ({
  method: 'POST',
  path: '',
  headers: {},
  body: Buffer.from(JSON.stringify(event)),
  contentType: 'application/json',
  eventType: null,
  eventId: null,
  subject: null,
  receivedAt: NOW.toISOString(),
});

export const event = (type: string, object: object, more: object = {}) => ({
  id: `evt-${type}`,
  type,
  created: 1767261600,
  data: { object },
  ...more,
});

/** A simulation on its own clock, with reproducible ids and choices. */
export function simulation(baseUrl: string, nowMs = { value: NOW.getTime() }): Simulation {
  let ids = 0;
  const settings = settingsWith({ api: { baseUrl, apiKey: 'api-key-1' }, management: { baseUrl, merchant: 'merchant-1' } });
  return ordergroove.simulate(settings, {
    now: () => new Date(nowMs.value),
    random: () => 0.4,
    makeId: () => `id-${String(++ids).padStart(4, '0')}`,
    baseUrl,
  });
}

/** Serves a simulation's API on localhost and records the requests. */
export async function serve(
  t: TestContext,
  make: (baseUrl: string) => Simulation,
): Promise<{ baseUrl: string; world: Simulation; asked: Asked[] }> {
  const asked: Asked[] = [];
  let world: Simulation | null = null;
  const baseUrl = await remoteServer(t, (request, response, body) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const query = Object.fromEntries(url.searchParams);
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    asked.push({ method: request.method ?? '', path: url.pathname, query, headers, body });
    const answer = world?.answer({ method: request.method ?? '', path: url.pathname, query, headers, body });
    response.writeHead(answer?.status ?? 500, answer?.headers).end(answer?.body);
  });
  world = make(baseUrl);
  return { baseUrl, world, asked };
}

export interface Asked {
  method: string;
  path: string;
  query: Record<string, string>;
  headers: Record<string, string>;
  body: string;
}
