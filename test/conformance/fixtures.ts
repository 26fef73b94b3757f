import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { subjectText } from '../../src/domain/entities/entity.ts';
import { type Json, type JsonObject, parseJson } from '../../src/domain/values/json.ts';
import { formatOf } from '../../src/http/webhooks/body.ts';
import { matchRoute, readTarget } from '../../src/http/webhooks/routes.ts';
import type { AnyPlatform, CommonSettings, Connection } from '../../src/platforms/contract/platform.ts';
import type { OutgoingWebhook } from '../../src/platforms/contract/simulation.ts';
import type { Identity, StoredRequest, WebhookRequest } from '../../src/platforms/contract/webhook.ts';

/** See README.md in this folder. */
export interface Fixture {
  file: string;
  name: string;
  settings?: JsonObject;
  request: { method: 'POST' | 'GET'; path: string; headers: Record<string, string>; body?: Json };
  identity?: JsonObject;
  outcome: { do?: 'apply' | 'fetch' | 'ignore'; entities?: Json[]; subject?: string; whenMissing?: string; error?: string };
  drift?: { kind: string; name: string }[];
}

/** The platform's fixtures, with numbers digit for digit as written. */
export function fixturesOf(platform: AnyPlatform): Fixture[] {
  const directory = join(import.meta.dirname, 'fixtures', platform.name);
  return readdirSync(directory)
    .filter((file) => file.endsWith('.json'))
    .map((file) => ({ ...(parseJson(readFileSync(join(directory, file), 'utf8')) as unknown as Fixture), file }));
}

/** The member of a connection's entry that names the platform is not part of its settings. */
export const parseSettings = (platform: AnyPlatform, entry: object): CommonSettings => {
  const { platform: _name, ...own } = entry as JsonObject;
  return platform.settings.parse(own);
};

export const connectionOf = (platform: AnyPlatform, settings: CommonSettings): Connection => ({
  name: 'acme',
  platform,
  settings,
  reconcile: { schedule: false, since: null },
});

/** A request as intake passes it on: routed, and its format determined by the same rules. Fails if the platform has no such route. */
export function inboundOf(
  connection: Connection,
  sent: Pick<OutgoingWebhook, 'method' | 'path' | 'headers' | 'body'>,
  now: Date,
): WebhookRequest {
  const target = readTarget(`/${connection.name}${sent.path}`);
  const { route, params } = matchRoute(connection, sent.method, target.path);
  const headers = Object.fromEntries(Object.entries(sent.headers).map(([name, value]) => [name.toLowerCase(), value]));
  const body = Buffer.from(sent.body, 'utf8');
  const format = sent.method === 'GET' ? 'none' : (formatOf(headers['content-type'], body) ?? 'none');
  if (sent.method === 'POST' && !route.formats.includes(format)) throw new Error(`${connection.platform.name} takes no ${format} here`);
  return {
    method: sent.method,
    path: target.path,
    params,
    query: Object.fromEntries(new URLSearchParams(target.query)),
    headers,
    body,
    format,
    url: `https://dock.example/webhooks/${connection.name}${sent.path}`,
    receivedAt: now,
    remoteAddress: '127.0.0.1',
  };
}

/** The same request as read from the store: credentials redacted in headers and body. */
export function arrivedOf({ platform, settings }: Connection, request: WebhookRequest, identity: Identity): StoredRequest {
  const hidden = new Set(['authorization', ...platform.secretHeaders(settings).map((name) => name.toLowerCase())]);
  return {
    method: request.method,
    path: request.path,
    headers: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, hidden.has(name) ? '[redacted]' : value])),
    body: platform.redactBody?.(request.body, request.headers['content-type'] ?? null) ?? request.body,
    contentType: request.headers['content-type'] ?? null,
    eventType: identity.eventType,
    eventId: identity.eventId,
    subject: identity.subject && subjectText(identity.subject),
    receivedAt: request.receivedAt.toISOString(),
  };
}

/** The request of a fixture. */
export function webhookOf({ request }: Fixture): Pick<OutgoingWebhook, 'method' | 'path' | 'headers' | 'body'> {
  const { method, path, headers, body } = request;
  return { method, path, headers, body: body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body) };
}

/** Freezes what can be frozen, at every depth: bytes cannot. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value) || Buffer.isBuffer(value)) return value;
  for (const member of Object.values(value)) deepFreeze(member);
  return Object.freeze(value);
}
