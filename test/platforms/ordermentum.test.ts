import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { parse } from 'yaml';
import type { Shape } from '../../src/domain/entities/drift.ts';
import { Unavailable } from '../../src/domain/errors.ts';
import type { OutgoingWebhook, SimulationOptions } from '../../src/platforms/contract/simulation.ts';
import type { CredentialChecker, WebhookRequest } from '../../src/platforms/contract/webhook.ts';
import { ordermentum } from '../../src/platforms/ordermentum/index.ts';

const settings = (webhook: unknown = {}, api?: unknown) => ordermentum.settings.parse({ webhook, ...(api === undefined ? {} : { api }) });
const withApi = settings({}, { apiKey: 'om-key', supplierId: 'supplier-1' });
const BASIC = { basic: { username: 'om', password: 'p' } };
const HEADER = { header: { name: 'X-Connector-Token', value: 't' } };

const inbound = (body: string, headers: Record<string, string> = {}): WebhookRequest => ({
  method: 'POST',
  path: '',
  params: {},
  query: {},
  headers,
  body: Buffer.from(body),
  format: 'json',
  url: 'https://orderdock.example.com/webhooks/om',
  receivedAt: new Date('2026-03-04T00:00:00Z'),
  remoteAddress: '127.0.0.1',
});

const gatekeeper = (accepts: CredentialChecker['accepts']): CredentialChecker => ({ accepts, now: new Date('2026-03-04T00:00:00Z') });

test('one API key or several are accepted, an empty one and an unknown setting are invalid', () => {
  assert.deepEqual((withApi as unknown as { api: unknown }).api, {
    baseUrl: 'https://api.ordermentum.com',
    apiKey: ['om-key'],
    supplierId: 'supplier-1',
  });
  assert.equal(ordermentum.settings.safeParse({ webhook: {}, api: { apiKey: '', supplierId: 's' } }).success, false);
  assert.equal(ordermentum.settings.safeParse({ webhook: {}, api: { apiKey: ['k'] } }).success, false);
  assert.equal(ordermentum.settings.safeParse({ webhook: { secret: 'x' } }).success, false);
  assert.equal(ordermentum.settings.safeParse({ webhook: {}, api: { apiKey: 'k', supplierId: 's', baseUrl: 'ftp://x' } }).success, false);
});

test('any entry of webhook.auth accepts a request, and is reported only by its position', async () => {
  const both = settings({ auth: [BASIC, HEADER] });
  const verdict = await ordermentum.authenticate(
    inbound('{}'),
    both,
    gatekeeper(async (entry) => 'header' in entry),
  );
  assert.deepEqual(verdict, { accepted: true, credential: 'auth[1].header' });
  const refused = await ordermentum.authenticate(
    inbound('{}'),
    both,
    gatekeeper(async () => false),
  );
  assert.equal(refused.accepted, false);
});

test('without any entry nothing is accepted', async () => {
  const verdict = await ordermentum.authenticate(
    inbound('{}'),
    settings(),
    gatekeeper(async () => true),
  );
  assert.equal(verdict.accepted, false);
});

test('an issuer that does not respond matters only if no other entry accepts', async () => {
  const two = settings({ auth: [{ bearer: { token: 'a' } }, BASIC] });
  const down = (also: boolean) =>
    gatekeeper(async (entry) => {
      if ('bearer' in entry) throw new Unavailable('issuer_unavailable', 'down');
      return also;
    });
  assert.deepEqual(await ordermentum.authenticate(inbound('{}'), two, down(true)), { accepted: true, credential: 'auth[1].basic' });
  await assert.rejects(ordermentum.authenticate(inbound('{}'), two, down(false)), { code: 'issuer_unavailable' });
});

test('the header that carries a static token is listed as secret', () => {
  assert.deepEqual(ordermentum.secretHeaders(settings({ auth: [BASIC, HEADER] })), ['x-connector-token']);
});

test('event, id and updatedAt together are the dedupe key: a change of any of them makes another event', () => {
  const key = (event: string, id: string, updatedAt: string) =>
    ordermentum.identify(inbound(JSON.stringify({ event, data: { id, updatedAt } })), withApi).dedupeKey;
  const base = key('order_updated', 'a', '2026-03-04T01:00:00Z');
  assert.equal(key('order_updated', 'a', '2026-03-04T01:00:00Z'), base);
  const others = [
    key('order_created', 'a', '2026-03-04T01:00:00Z'),
    key('order_updated', 'b', '2026-03-04T01:00:00Z'),
    key('order_updated', 'a', '2026-03-04T01:00:00.001Z'),
  ];
  assert.equal(new Set([base, ...others]).size, 4);
});

test('the summary of a list has only header members and is marked so, and the detail of the same order is complete', () => {
  const subject = { kind: 'order', externalId: 'o-1' } as const;
  const row = '{"id":"o-1","status":"Placed","createdAt":"2026-03-01T00:00:00Z","updatedAt":"2026-03-02T00:00:00Z","total":20.10}';
  const summary = ordermentum.readFetched(subject, row, withApi).reports[0];
  assert.equal(summary?.partial, true);
  assert.equal(summary?.linesComplete, false);
  assert.deepEqual(summary?.lines, []);
  assert.equal(summary?.header?.total, '20.10');
  const detail = ordermentum.readFetched(subject, `{"data":${row.slice(0, -1)},"number":"OM1","lineItems":[]}}`, withApi).reports[0];
  assert.equal(detail?.partial, undefined);
  assert.equal(detail?.linesComplete, true);
  assert.equal(detail?.header?.number, 'OM1');
});

test('a fetched response that is not an object cannot be read', () => {
  assert.throws(() => ordermentum.readFetched({ kind: 'order', externalId: 'o-1' }, '[]', withApi), { code: 'invalid_body' });
  assert.throws(() => ordermentum.readFetched({ kind: 'shipment', externalId: 'o-1' }, '{}', withApi), { code: 'invalid_body' });
});

test('a disabled or archived purchaser has that as its status', () => {
  const status = (purchaser: object) =>
    ordermentum.readFetched({ kind: 'purchaser', externalId: 'p' }, JSON.stringify({ id: 'p', name: 'N', ...purchaser }), withApi)
      .reports[0]?.header?.status;
  assert.deepEqual([status({}), status({ disabled: true }), status({ disabled: true, archived: true })], [null, 'Disabled', 'Archived']);
});

const tools = (): SimulationOptions => {
  let ids = 0;
  return {
    now: () => new Date('2026-03-04T00:00:00Z'),
    random: () => 0.4,
    makeId: () => `00000000-0000-4000-8000-${String(++ids).padStart(12, '0')}`,
    baseUrl: 'http://127.0.0.1:1',
  };
};

const arrived = (webhook: OutgoingWebhook) => ({
  method: webhook.method,
  path: webhook.path,
  headers: webhook.headers,
  body: Buffer.from(webhook.body),
  contentType: 'application/json',
  eventType: webhook.eventType,
  eventId: null,
  subject: null,
  receivedAt: '2026-03-04T00:00:00.000Z',
});

test('every event that the simulator sends, in both bodies, names its resource, and that resource is readable without drift', () => {
  let secrets = 0;
  const sandbox = ordermentum.settings.parse(ordermentum.sandboxConnection('http://127.0.0.1:1', () => `secret-${++secrets}`));
  const apiOnly = ordermentum.settings.parse({ webhook: {} });
  const simulation = ordermentum.simulate(sandbox, tools());
  for (const { type, kind } of ordermentum.events) {
    for (const form of ['envelope', 'flat']) {
      const [webhook] = simulation.emit(type, form);
      assert.ok(webhook);
      const identity = ordermentum.identify(inbound(webhook.body), sandbox);
      assert.deepEqual([identity.subject, identity.subject?.kind, identity.eventType], [webhook.subject, kind, type]);
      assert.equal(ordermentum.interpret(arrived(webhook), sandbox).do, 'fetch');
      const direct = ordermentum.interpret(arrived(webhook), apiOnly);
      assert.equal(direct.do, 'apply');
      assert.deepEqual(direct.drift, []);
      const resource = simulation.resources().find(({ subject }) => subject.externalId === identity.subject?.externalId);
      assert.ok(resource);
      const { reports, drift } = ordermentum.readFetched(resource.subject, resource.text, sandbox);
      assert.deepEqual(drift, []);
      assert.equal(reports[0]?.partial, undefined);
    }
  }
});

test('every state of the simulated data has its own time, so that no two events share a dedupe key', () => {
  const simulation = ordermentum.simulate(withApi, tools());
  simulation.emit('order_created');
  const keys = Array.from({ length: 20 }, () => {
    const [webhook] = simulation.emit('order_updated');
    return ordermentum.identify(inbound(webhook?.body ?? ''), withApi).dedupeKey;
  });
  assert.equal(new Set(keys).size, 20);
});

test('the portal guide says which command registers the webhook and contains no secret', () => {
  const guide = ordermentum.portalGuide(
    settings({ auth: [{ basic: { username: 'om', password: 'hidden-1' } }] }),
    'https://dock.example.com/webhooks/fresh',
  );
  assert.match(guide[0] ?? '', /webhooks register fresh$/);
  assert.doesNotMatch(guide.join('\n'), /hidden-1/);
});

test('the description of every body equals the published one in openapi/', () => {
  const spec = parse(readFileSync(new URL('../../openapi/ordermentum-webhook.yaml', import.meta.url), 'utf8')) as Spec;
  const names = Object.keys(ordermentum.shapes);
  assert.ok(names.length > 0);
  for (const name of names) {
    const members = membersOf(ordermentum.shapes[name]);
    const published = spec.components.schemas[name]?.properties ?? {};
    assert.deepEqual(Object.keys(members).sort(), Object.keys(published).sort(), name);
    for (const [member, shape] of Object.entries(members))
      if (Array.isArray(shape)) assert.deepEqual(published[member]?.enum, shape, member);
  }
});

interface Spec {
  components: { schemas: Record<string, { properties?: Record<string, { enum?: string[] }> }> };
}
const membersOf = (shape: Shape | undefined): Readonly<Record<string, Shape>> =>
  typeof shape === 'object' && 'members' in shape ? shape.members : {};
