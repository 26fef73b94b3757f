import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { subjectText } from '../../src/domain/entities/entity.ts';
import type { OutgoingWebhook, SimulationOptions } from '../../src/platforms/contract/simulation.ts';
import type { Identity, Interpretation, StoredRequest, WebhookRequest } from '../../src/platforms/contract/webhook.ts';
import { tradecloud } from '../../src/platforms/tradecloud/index.ts';

const FIXTURES = join(import.meta.dirname, '../conformance/fixtures/tradecloud');

export interface Fixture {
  name: string;
  request: { method: 'POST' | 'GET'; path: string; headers: Record<string, string>; body?: unknown };
  identity?: Partial<Identity>;
  outcome: { do?: string; entities?: unknown[]; subject?: string; whenMissing?: string; error?: string };
  drift?: { kind: string; name: string }[];
}

export const fixtures = (): (Fixture & { file: string })[] =>
  readdirSync(FIXTURES)
    .filter((file) => file.endsWith('.json'))
    .map((file) => ({ ...(JSON.parse(readFileSync(join(FIXTURES, file), 'utf8')) as Fixture), file }));

/** Settings as read from the connections file. */
export const settings = (more: Record<string, unknown> = {}) => tradecloud.settings.parse({ webhook: {}, ...more });

/** The request as intake passes it on: routed, its format known. */
export function inboundOf(method: 'POST' | 'GET', pathAndQuery: string, sent: Record<string, string>, text: string): WebhookRequest {
  const [path = '', query = ''] = pathAndQuery.split('?');
  const headers = Object.fromEntries(Object.entries(sent).map(([name, value]) => [name.toLowerCase(), value]));
  const named = /^\/(order|shipment)s\/([^/]+)$/.exec(path);
  const type = headers['content-type'];
  const xml = type === undefined ? text.trimStart().startsWith('<') : type.includes('xml');
  return {
    method,
    path,
    params: named ? { [`${named[1]}Id`]: decodeURIComponent(named[2] ?? '') } : {},
    query: Object.fromEntries(new URLSearchParams(query)),
    headers,
    body: Buffer.from(text, 'utf8'),
    format: method === 'GET' ? 'none' : xml ? 'xml' : 'json',
    url: `https://dock.example/webhooks/acme${pathAndQuery}`,
    receivedAt: new Date('2026-03-01T12:00:00Z'),
    remoteAddress: '127.0.0.1',
  };
}

export const inboundOfWebhook = (webhook: OutgoingWebhook): WebhookRequest =>
  inboundOf(webhook.method, webhook.path, webhook.headers, webhook.body);

export function arrivedFrom(request: WebhookRequest, identity: Identity): StoredRequest {
  return {
    method: request.method,
    path: request.path,
    headers: request.headers,
    body: request.body,
    contentType: request.headers['content-type'] ?? null,
    eventType: identity.eventType,
    eventId: identity.eventId,
    subject: identity.subject && subjectText(identity.subject),
    receivedAt: request.receivedAt.toISOString(),
  };
}

/** Identifies and interprets, as intake and worker do in sequence. */
export function understand(request: WebhookRequest, own = settings()): { identity: Identity; interpretation: Interpretation } {
  const identity = tradecloud.identify(request, own);
  return { identity, interpretation: tradecloud.interpret(arrivedFrom(request, identity), own) };
}

/** Only what `expected` lists is compared, at any depth; lists must be equally long. */
export function assertPart(actual: unknown, expected: unknown, path: string): void {
  if (Array.isArray(expected)) {
    assert.ok(Array.isArray(actual), `${path} is no list`);
    assert.equal(actual.length, expected.length, `length of ${path}`);
    for (const [position, entry] of expected.entries()) assertPart(actual[position], entry, `${path}/${position}`);
  } else if (typeof expected === 'object' && expected !== null) {
    assert.ok(typeof actual === 'object' && actual !== null, `${path} is no object`);
    for (const [name, member] of Object.entries(expected)) assertPart((actual as Record<string, unknown>)[name], member, `${path}/${name}`);
  } else {
    assert.deepEqual(actual, expected, path);
  }
}

/** A clock that only moves on request, random numbers that repeat from run to run, ids that count. */
export function simulationTools(baseUrl: string): SimulationOptions & { advance(ms: number): void } {
  let nowMs = Date.parse('2026-03-01T12:00:00Z');
  let seed = 7;
  let ids = 0;
  return {
    now: () => new Date(nowMs),
    random: () => {
      seed = (seed * 16_807) % 2_147_483_647;
      return seed / 2_147_483_647;
    },
    makeId: () => `00000000-0000-4000-8000-${String(++ids).padStart(12, '0')}`,
    baseUrl,
    advance: (ms) => {
      nowMs += ms;
    },
  };
}
