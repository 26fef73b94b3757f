import assert from 'node:assert/strict';
import test from 'node:test';
import { InvalidBody } from '../../src/domain/errors.ts';
import type { AuthEntry } from '../../src/platforms/contract/auth-entry.ts';
import type { WebhookRequest } from '../../src/platforms/contract/webhook.ts';
import { standard } from '../../src/platforms/standard/index.ts';
import { PRESET_NAMES } from '../../src/platforms/standard/presets.ts';
import { verdictOn } from '../support/incoming.ts';
import {
  accepted,
  arrived,
  BASE64,
  body,
  gatekeeper,
  inbound,
  NOW,
  preset,
  SECRET,
  settingsOf,
  signedWith,
  standardHeaders,
  standardWebhooks,
} from './standard-support.ts';

test('invalid settings are named', () => {
  const faulty: [object, RegExp][] = [
    [{ webhook: { signature: { secret: 's' } } }, /scheme/],
    [{ webhook: { signature: { scheme: 'hmac', secret: 's' } } }, /header/],
    [{ webhook: { signature: { scheme: 'hmac', header: 'X', secret: '' } } }, /secret/],
    [{ webhook: { signature: { scheme: 'hmac', header: 'X' } } }, /secret/],
    [
      { webhook: { signature: { scheme: 'hmac', header: 'X', secret: 's', template: '{header ts}.{body}' } } },
      /\{header ts\} is not known/,
    ],
    [{ webhook: { signature: { scheme: 'hmac', header: 'X', secret: 's', template: '{timestamp}.{body}' } } }, /timestamp/],
    [{ webhook: { signature: { scheme: 'hmac', header: 'X', secret: 's', template: '{secret}{body}' } } }, /hash only/],
    [{ webhook: { signature: { scheme: 'hmac', header: 'X', secret: 'xyz', keyEncoding: 'hex' } } }, /expected hex/],
    [{ webhook: { signature: { scheme: 'standard-webhooks', secret: 'whsec_%%%' } } }, /whsec_/],
    [{ webhook: { signature: { scheme: 'standard-webhooks', secret: 'whpk_AAAA' } } }, /whpk_/],
    [{ webhook: {}, entity: { kind: 'order' } }, /id/],
    [{ webhook: {}, entity: { kind: 'parcel', id: '/id' } }, /kind/],
    [{ webhook: {}, dedupe: 'X-Id' }, /header:NAME/],
    [{ webhook: {}, preset: 'etsy' }, /preset/],
    [{ webhook: { token: 'x' } }, /token/],
  ];
  for (const [settings, expected] of faulty) {
    const parsed = standard.settings.safeParse(settings);
    assert.match(parsed.success ? 'no fault' : JSON.stringify(parsed.error.issues), expected, JSON.stringify(settings));
  }
});

test('webhook and connection members are found on either level', () => {
  const canonical = preset('shopify', { dedupe: '/id' });
  assert.deepEqual(settingsOf({ webhook: { preset: 'shopify', dedupe: '/id', secret: SECRET } }), canonical);
  assert.deepEqual(settingsOf({ signature: { preset: 'shopify', secret: SECRET }, dedupe: ['/id'] }), canonical);
});

test('a connection may override what its preset fills in', async () => {
  const apps = settingsOf({ preset: 'fourthwall', webhook: { signature: { secret: SECRET, header: 'X-Fourthwall-Hmac-Apps-SHA256' } } });
  assert.equal(await accepted(apps, { 'x-fourthwall-hmac-apps-sha256': BASE64 }), true);
  const invoices = preset('shopify', { entity: { kind: 'invoice', id: '/name' } });
  const interpretation = standard.interpret(arrived(body, { 'x-shopify-topic': 'invoices/create' }), invoices);
  assert.deepEqual(interpretation.do === 'apply' && [interpretation.reports[0]?.kind, interpretation.reports[0]?.externalId], [
    'invoice',
    '#1042',
  ]);
});

test('two subscriptions to one Shopify event are one delivery, two topics of one action are two', () => {
  const key = (headers: Record<string, string>) => standard.identify(inbound(body, headers), preset('shopify')).dedupeKey;
  const first = { 'x-shopify-event-id': 'e-1', 'x-shopify-webhook-id': 'w-1', 'x-shopify-topic': 'orders/updated' };
  assert.equal(key(first), key({ ...first, 'x-shopify-webhook-id': 'w-2' }));
  assert.notEqual(key(first), key({ ...first, 'x-shopify-topic': 'orders/paid' }));
  const older = { 'x-shopify-webhook-id': 'w-1', 'x-shopify-topic': 'orders/updated' };
  assert.equal(key(older), key({ ...older }));
  assert.notEqual(key(older), key({ ...older, 'x-shopify-webhook-id': 'w-2' }));
  assert.equal(key({}), null);
});

test('a request without an event id is identified by its bytes, one with webhook-id by that', () => {
  assert.equal(standard.identify(inbound(body), signedWith({ scheme: 'hmac', header: 'X' })).dedupeKey, null);
  assert.equal(standard.identify(inbound(body, standardHeaders()), standardWebhooks()).dedupeKey, 'msg_01orderdock');
});

test('a body that is not a JSON object or list is invalid, even if nothing of it is needed', () => {
  for (const broken of ['', '{', 'null', '12', '"text"', 'a=b', '<xml/>']) {
    assert.throws(() => standard.identify(inbound(broken, standardHeaders()), standardWebhooks()), InvalidBody, broken);
  }
});

test('an entity is read from headers and members, with its amounts as they were written', () => {
  const settings = settingsOf({
    webhook: {},
    entity: { kind: 'order', id: 'header:X-Order', updatedAt: '/at', total: '/sum', status: '/gone | /state', number: '/list/1/no' },
    type: 'header:X-Type',
  });
  const sent = '{"at":"1767261600","sum":1.10,"state":"open","list":[{},{"no":7}]}';
  const interpretation = standard.interpret(arrived(sent, { 'x-order': 'O-9', 'x-type': 'anything' }), settings);
  assert.ok(interpretation.do === 'apply');
  const [report] = interpretation.reports;
  assert.deepEqual(
    [report?.externalId, report?.lastUpdatedAt, report?.header?.total, report?.header?.status, report?.header?.number],
    ['O-9', '2026-01-01T10:00:00.000Z', '1.10', 'open', '7'],
  );
  assert.equal(JSON.stringify(report?.source), sent);
  const list = standard.interpret(arrived('[{"id":1}]'), settingsOf({ webhook: {}, entity: { kind: 'item', id: '/0/id' } }));
  assert.deepEqual(list.do === 'apply' && list.reports[0]?.source, { body: [{ id: 1 }] });
});

test('what cannot be identified is ignored with a reason, never an error', () => {
  assert.equal(standard.interpret(arrived(body), settingsOf({ webhook: {} })).do, 'ignore');
  const nameless = standard.interpret(arrived('{"name":"x"}', { 'x-shopify-topic': 'orders/create' }), preset('shopify'));
  assert.deepEqual(nameless, { do: 'ignore', reason: 'there is no id at /id', drift: [] });
  const product = standard.interpret(arrived(body, { 'x-shopify-topic': 'products/update' }), preset('shopify'));
  assert.equal(product.do, 'ignore');
  assert.deepEqual(
    product.drift.map(({ kind, name }) => [kind, name]),
    [['event', 'products/update']],
  );
});

test('a deletion is a tombstone without content', () => {
  const interpretation = standard.interpret(arrived('{"id":4411}', { 'x-shopify-topic': 'orders/delete' }), preset('shopify'));
  assert.ok(interpretation.do === 'apply');
  const [report] = interpretation.reports;
  assert.deepEqual([report?.externalId, report?.deleted, report?.header, report?.source], ['4411', true, null, null]);
});

test('only the unsigned ping of WooCommerce is a greeting', async () => {
  const ping = (sent: string, headers: Record<string, string> = {}, more: Partial<WebhookRequest> = {}) =>
    inbound(sent, { 'content-type': 'application/x-www-form-urlencoded', ...headers }, { format: 'form', ...more });
  const greets = async (request: WebhookRequest, settings = preset('woocommerce')) =>
    'greeting' in (await verdictOn(standard, request, settings, gatekeeper));
  assert.equal(await greets(ping('webhook_id=17')), true);
  assert.equal(await greets(ping('webhook_id=17'), preset('shopify')), false);
  assert.equal(await greets(ping('webhook_id=17', { 'x-wc-webhook-signature': BASE64 })), false);
  for (const other of ['', 'webhook_id=', 'webhook_id=x', 'webhook_id=17&order=1', '{"webhook_id":17}', 'webhook_id=17\n{}'])
    assert.equal(await greets(ping(other)), false, other);
});

const repeats = (entry: AuthEntry, headers: Record<string, string>): boolean =>
  'header' in entry && entry.header.value.includes(headers[entry.header.name.toLowerCase()] ?? '');

test('the sandbox sends every form so that its preset accepts and reads it', async () => {
  for (const form of ['standard-webhooks', ...PRESET_NAMES]) {
    const url = 'https://hooks.example.net/webhooks/shop-square';
    const settings =
      form === 'standard-webhooks'
        ? settingsOf(standard.sandboxConnection('http://localhost', () => 'generated-secret-of-the-sandbox'))
        : settingsOf({ preset: form, webhook: { url, signature: { secret: [SECRET, 'older'] } } });
    let ids = 0;
    const world = standard.simulate(settings, {
      now: () => NOW,
      random: () => 0.3,
      makeId: () => `id-${++ids}`,
      baseUrl: 'http://localhost',
    });
    const effects = ['order.created', 'order.updated', 'order.deleted'].map((type) => {
      const [sent] = world.emit(type);
      assert.ok(sent);
      const interpretation = standard.interpret(arrived(sent.body, sent.headers), settings);
      assert.ok(interpretation.do === 'apply', `${form} ${type}`);
      assert.equal(interpretation.reports[0]?.externalId, sent.subject?.externalId);
      return { sent, deleted: interpretation.reports[0]?.deleted };
    });
    for (const { sent } of effects) {
      const checker = { now: NOW, accepts: async (entry: AuthEntry) => repeats(entry, sent.headers) };
      assert.equal((await verdictOn(standard, inbound(sent.body, sent.headers), settings, checker)).accepted, true, form);
    }
    assert.equal(
      new Set(effects.map(({ sent }) => standard.identify(inbound(sent.body, sent.headers), settings).dedupeKey ?? sent.body)).size,
      3,
      form,
    );
    assert.deepEqual(world.resources().length, 0);
  }
});

test('the sandbox’s connection ignores a type that it does not expect', () => {
  const settings = settingsOf(standard.sandboxConnection('http://localhost', () => 'generated-secret-of-the-sandbox'));
  const world = standard.simulate(settings, { now: () => NOW, random: () => 0.3, makeId: () => 'id', baseUrl: 'http://localhost' });
  const [sent] = world.emit('customer.renamed');
  assert.equal(sent?.eventType, 'customer.renamed');
  assert.equal(standard.interpret(arrived(sent?.body ?? '', sent?.headers), settings).do, 'ignore');
});

test('what the simulated shop contains equals what a receiver has been sent', () => {
  const settings = settingsOf(standard.sandboxConnection('http://localhost', () => 'generated-secret-of-the-sandbox'));
  let ids = 0;
  const world = standard.simulate(settings, {
    now: () => NOW,
    random: () => (++ids % 10) / 10,
    makeId: () => 'id',
    baseUrl: 'http://localhost',
  });
  const told = ['order.created', 'order.created', 'order.updated', 'order.teleported'].flatMap((type) => world.emit(type));
  const read = world.resources().map(({ subject, text }) => standard.readFetched(subject, text, settings).reports[0]);
  const last = new Map(
    told.flatMap((sent) => {
      const interpretation = standard.interpret(arrived(sent.body, sent.headers), settings);
      return interpretation.do === 'apply' ? interpretation.reports.map((report) => [report.externalId, report] as const) : [];
    }),
  );
  assert.deepEqual(read, [...last.values()]);
  assert.equal(read.length, 2);
});

test('the portal guide contains no secret', () => {
  for (const name of PRESET_NAMES) {
    const guide = standard.portalGuide(preset(name), 'https://hooks.example.net/webhooks/shop').join('\n');
    assert.ok(guide.includes('https://hooks.example.net/webhooks/shop') && !guide.includes(SECRET));
  }
});
