import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { parse } from 'yaml';
import type { Shape } from '../../src/domain/entities/drift.ts';
import type { CommonSettings } from '../../src/platforms/contract/platform.ts';
import type { OutgoingWebhook, SimulationOptions } from '../../src/platforms/contract/simulation.ts';
import type { CredentialChecker, WebhookRequest } from '../../src/platforms/contract/webhook.ts';
import { orisha } from '../../src/platforms/orisha/index.ts';

const API = {
  baseUrl: 'https://api.example.com',
  oauth2: { tokenUrl: 'https://login.example.com/oauth/token', clientId: 'dock', clientSecret: 'hush' },
};
const bare = orisha.settings.parse({ webhook: { secret: ['new-secret', 'old'], administrations: ['1001', '1002'] } });
const faults = (settings: unknown): string[] =>
  orisha.settings.safeParse(settings).error?.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`) ?? [];

const inbound = (headers: Record<string, string>, body = '{"ItemCode":"A1"}'): WebhookRequest => ({
  method: 'POST',
  path: '',
  params: {},
  query: {},
  headers,
  body: Buffer.from(body),
  format: 'json',
  url: 'https://orderdock.example.com/webhooks/shop',
  receivedAt: new Date('2026-03-04T00:00:00Z'),
  remoteAddress: '127.0.0.1',
});
const gatekeeper: CredentialChecker = { accepts: async () => true, now: new Date('2026-03-04T00:00:00Z') };
const authenticate = (headers: Record<string, string>, settings: CommonSettings = bare) =>
  orisha.authenticate(inbound(headers), settings, gatekeeper);

test('each of the listed secrets accepts a request, and is reported by its position', async () => {
  const headers = { 'x-administration-code': '1001' };
  assert.deepEqual(await authenticate({ ...headers, 'x-secret': 'new-secret' }), { accepted: true, credential: 'secret[0]' });
  assert.deepEqual(await authenticate({ ...headers, 'x-secret': 'old' }), { accepted: true, credential: 'secret[1]' });
});

test('a missing, empty, wrong or longer secret is rejected, whatever the administration', async () => {
  for (const secret of [undefined, '', 'wrong', 'new-secret-and-more', 'new-secret, new-secret', 'NEW-SECRET']) {
    const verdict = await authenticate({ 'x-administration-code': '9', ...(secret === undefined ? {} : { 'x-secret': secret }) });
    assert.equal(verdict.accepted, false, secret);
    assert.doesNotMatch(JSON.stringify(verdict), /new-secret/);
  }
});

test('an administration that is not listed is rejected with its own code, once the secret has been verified', async () => {
  const code = { status: 403, code: 'administration_not_allowed' };
  await assert.rejects(authenticate({ 'x-secret': 'old', 'x-administration-code': '2002' }), code);
  await assert.rejects(authenticate({ 'x-secret': 'old' }), code);
  const open = orisha.settings.parse({ webhook: { secret: 'one' } });
  assert.equal((await authenticate({ 'x-secret': 'one', 'x-administration-code': '2002' }, open)).accepted, true);
});

test('the secret header is redacted, the user who caused the event is not', () => {
  assert.deepEqual(orisha.secretHeaders(bare), ['x-secret']);
});

test('settings without a secret, with unknown members or unusable paths are errors that name their place', () => {
  assert.ok(faults({ webhook: {} }).length > 0);
  assert.ok(faults({ webhook: { secret: '' } }).length > 0);
  assert.ok(faults({ webhook: { secret: [] } }).length > 0);
  assert.ok(faults({ webhook: { secret: 's' }, api: { ...API, paths: { order: '/orders/{OrderCode}' } } }).length > 0);
  const paths = { item: '/items', address: '/a/{AddressCode}/{Nothing}' };
  assert.deepEqual(faults({ webhook: { secret: 's' }, api: { ...API, paths } }), [
    'api.paths.item: must contain {ItemCode}',
    'api.paths.address: may only contain {CustomerCode}, {AddressCode}, {AdministrationCode}',
  ]);
  assert.match(
    faults({ webhook: { secret: 's' }, api: { ...API, lists: { item: { path: '/items', rows: 'summary' } } } })[0] ?? '',
    /paths\.item/,
  );
  const perAdministration = { item: '/{AdministrationCode}/items/{itemCode}' };
  assert.match(faults({ webhook: { secret: 's' }, api: { ...API, paths: perAdministration } })[0] ?? '', /exactly one/);
  assert.deepEqual(faults({ webhook: { secret: 's', administrations: ['1001'] }, api: { ...API, paths: perAdministration } }), []);
});

test('without an event id, type and administration distinguish equal bodies', () => {
  const key = (type: string, administration: string) =>
    orisha.identify(inbound({ 'x-event-type': type, 'x-administration-code': administration }), bare).dedupeKey;
  assert.equal(key('item.created', '1001'), key('item.created', '1001'));
  assert.equal(new Set([key('item.created', '1001'), key('item.deleted', '1001'), key('item.created', '1002')]).size, 3);
});

test('an event type is recognised in any casing', () => {
  const identity = orisha.identify(inbound({ 'x-event-type': 'Item.Created', 'x-event-id': 'e' }), bare);
  assert.deepEqual([identity.eventType, identity.subject], ['item.created', { kind: 'item', externalId: 'A1' }]);
});

test('a fetched record has its code as number, members with standard names in its header, and everything in its source', () => {
  const text = '{"itemCode":"A1","status":"Active","currencyCode":"EUR","price":10.50}';
  const { reports, drift } = orisha.readFetched({ kind: 'item', externalId: 'A1' }, text, bare);
  assert.deepEqual(drift, []);
  assert.deepEqual([reports[0]?.header?.number, reports[0]?.header?.status, reports[0]?.header?.currency], ['A1', 'Active', 'EUR']);
  assert.equal(JSON.stringify(reports[0]?.source), text);
  assert.equal(reports[0]?.creates, true);
  const person = orisha.readFetched({ kind: 'contact-person', externalId: 'D1/P 7' }, '{}', bare).reports[0];
  assert.equal(person?.header?.number, 'P 7');
  assert.throws(() => orisha.readFetched({ kind: 'item', externalId: 'A1' }, '<html>', bare), { code: 'invalid_body' });
  assert.throws(() => orisha.readFetched({ kind: 'order', externalId: 'A1' }, '{}', bare), { code: 'invalid_body' });
});

const tools = (): SimulationOptions => {
  let ids = 0;
  return { now: () => new Date('2026-03-04T00:00:00Z'), random: () => 0.4, makeId: () => `id-${++ids}`, baseUrl: 'http://127.0.0.1:1' };
};
const sandbox = () => {
  let secrets = 0;
  return orisha.settings.parse(orisha.sandboxConnection('http://127.0.0.1:1', () => `secret-${++secrets}`));
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

test('every event that the simulator sends, in both casings, is accepted and becomes its record or its tombstone', async () => {
  const settings = sandbox();
  const simulation = orisha.simulate(settings, tools());
  for (const { type, kind, effect } of orisha.events) {
    for (const form of ['pascal', 'camel']) {
      const [webhook] = simulation.emit(type, form);
      assert.ok(webhook);
      assert.equal((await authenticate(webhook.headers, settings)).accepted, true);
      const identity = orisha.identify(inbound(webhook.headers, webhook.body), settings);
      assert.deepEqual([identity.subject, identity.subject?.kind, identity.eventType], [webhook.subject, kind, type]);
      const said = orisha.interpret(arrived(webhook), settings);
      assert.equal(said.do, effect === 'delete' ? 'apply' : 'fetch');
      assert.deepEqual(said.drift, []);
      const direct = orisha.interpret(arrived(webhook), bare);
      assert.ok(direct.do === 'apply');
      assert.equal(direct.reports[0]?.deleted, effect === 'delete');
    }
  }
});

test('a change that has no event type is made without a webhook', () => {
  const simulation = orisha.simulate(sandbox(), tools());
  simulation.emit('item.created');
  const before = simulation.resources()[0]?.text;
  assert.deepEqual(simulation.emit('item.updated'), []);
  assert.notEqual(simulation.resources()[0]?.text, before);
});

test('a customer is deleted with its contact persons and addresses, each with its own event', () => {
  const simulation = orisha.simulate(sandbox(), tools());
  for (const type of ['customer.created', 'customer.contactperson.created', 'customer.address.created']) simulation.emit(type);
  const sent = simulation.emit('customer.deleted', 'camel');
  assert.deepEqual(
    sent.map(({ headers, subject }) => [headers['x-event-type'], subject?.externalId]),
    [
      ['customer.deleted', 'D0001'],
      ['customer.contactperson.deleted', 'D0001/P0002'],
      ['customer.address.deleted', 'D0001/A0003'],
    ],
  );
  assert.equal(new Set(sent.map(({ headers }) => headers['x-event-id'])).size, 3);
  assert.deepEqual(simulation.resources(), []);
});

test('the sample history leaves contact persons and addresses only for existing customers', () => {
  const simulation = orisha.simulate(sandbox(), tools());
  for (const { eventType, form } of simulation.history) simulation.emit(eventType, form);
  const ids = simulation.resources().map(({ subject }) => `${subject.kind}:${subject.externalId}`);
  const customers = ids.filter((id) => id.startsWith('customer:')).map((id) => id.slice('customer:'.length));
  const owned = ids.filter((id) => id.includes('/')).map((id) => id.slice(id.indexOf(':') + 1).split('/')[0]);
  assert.equal(owned.length, 2);
  assert.ok(owned.every((customer) => customers.includes(customer ?? '')));
});

test('the portal guide contains URL and administrations, and no secret', () => {
  const guide = orisha.portalGuide(bare, 'https://dock.example.com/webhooks/shop').join('\n');
  assert.match(guide, /https:\/\/dock\.example\.com\/webhooks\/shop/);
  assert.match(guide, /1001, 1002/);
  assert.doesNotMatch(guide, /new-secret/);
});

test('the description of every body equals the published one in openapi/', () => {
  const spec = parse(readFileSync(new URL('../../openapi/orisha-webhook.yaml', import.meta.url), 'utf8')) as Spec;
  const { schemas } = spec.components;
  const names = Object.keys(orisha.shapes);
  assert.equal(names.length, 5);
  for (const name of names)
    assert.deepEqual(membersOf(orisha.shapes[name]).sort(), Object.keys(schemas[name]?.properties ?? {}).sort(), name);
  assert.deepEqual(
    orisha.events.map(({ type }) => type),
    schemas.EventType?.enum,
  );
});

interface Spec {
  components: { schemas: Record<string, { properties?: object; enum?: string[] }> };
}
const membersOf = (shape: Shape | undefined): string[] =>
  typeof shape === 'object' && 'members' in shape ? Object.keys(shape.members) : [];
