import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import test from 'node:test';
import { InvalidBody, Unavailable } from '../../src/domain/errors.ts';
import type { Arrived, Gatekeeper, Inbound } from '../../src/platforms/platform.ts';
import { standard } from '../../src/platforms/standard/index.ts';
import { PRESET_NAMES } from '../../src/platforms/standard/presets.ts';

const TS = 1767261605;
const NOW = new Date(TS * 1000);
const SECRET = 'orderdock-test-secret';
const body = '{"id":4411,"updated_at":"2026-02-03T04:05:06Z","name":"#1042","note":"Zürich ☕","total_price":"19.90"}';

// Known answers, computed with another implementation over `body` and SECRET.
const BASE64 = 'JOmpnCfjeERb78k10+xvo4xmjvdRr8mTBv662GPMgN0=';
const HEX = '24e9a99c27e378445befc935d3ec6fa38c668ef751afc99306febad863cc80dd';
const SHA512 = 'pRwPPCy+r7Ge+vylE9hbBkdOmVIIghdq0YpCjI1/J43+aMrgTokCJvfInSM7RPjPWW8d6krx9YjUUy0JjumSlQ==';
const SHA1_HEX = '9e7f3727daa037fc377be799df2bd545a5d06534';
const SQUARE = 'kbhR8CZ6bw3PYd5PnG/G3DzMeqbypPt3FtZ6Ma/h+c4=';
const ECWID = 'wofrP3mu9c2dn5saLtnSI0HG9yWRBwrioVuXuXyeeVE=';
const PLAIN_HASH = '568c13bf807d085179d65135eb03e7807be336e899befb8186cec1d8f24aa653';
const STANDARD_SECRET = 'whsec_b3JkZXJkb2NrLXN0YW5kYXJkLXNlY3JldC0yNA==';
const STANDARD = 'v1,MvViDs33KLMxTFGu3ydCXOytWJpQ1Pe/3/6oyQcZCGQ=';
const HEX_KEY = 'ab8edbf3f08bc2effdf67690d4333a98e10abea0e2b859aa706be7b5b95d0ca1';
const BASE64_KEY = '0517a1ba4c72c3539ed3c4615f836004f928dce7ddbd491f51aadf5ebbaa07b7';
const MS_TIMESTAMP = '16d9a7ca0748fff0459c156d682af9aedfe5814ae5d6077cfcb8395f45a197e6';

const gatekeeper: Gatekeeper = { accepts: async () => false, now: NOW };

const inbound = (sent: string | Buffer, headers: Record<string, string> = {}, more: Partial<Inbound> = {}): Inbound => ({
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

const arrived = (sent: string, headers: Record<string, string> = {}): Arrived => ({
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

const settingsOf = (settings: object) => standard.settings.parse(settings);
const signedWith = (signature: object) => settingsOf({ webhook: { signature: { secret: SECRET, ...signature } } });
const preset = (name: string, more: object = {}) => settingsOf({ preset: name, webhook: { signature: { secret: SECRET } }, ...more });

const verdict = (settings: ReturnType<typeof settingsOf>, headers: Record<string, string>, sent: string | Buffer = body, now = NOW) =>
  standard.authenticate(inbound(sent, headers), settings, { ...gatekeeper, now });
const accepted = async (...args: Parameters<typeof verdict>) => (await verdict(...args)).accepted;

const standardHeaders = (signature = STANDARD, more: Record<string, string> = {}) => ({
  'webhook-id': 'msg_01orderdock',
  'webhook-timestamp': String(TS),
  'webhook-signature': signature,
  ...more,
});
const standardWebhooks = (secret: string | string[] = STANDARD_SECRET, more: object = {}) =>
  settingsOf({ webhook: { signature: { scheme: 'standard-webhooks', secret, ...more } } });

test('a Standard Webhooks signature is accepted, alone or among others, under any of the secrets', async () => {
  const other = 'whsec_YW5vdGhlciBzZWNyZXQ=';
  assert.deepEqual(await verdict(standardWebhooks(), standardHeaders()), { accepted: true, credential: 'secret[0]' });
  assert.deepEqual(await verdict(standardWebhooks([other, STANDARD_SECRET]), standardHeaders()), {
    accepted: true,
    credential: 'secret[1]',
  });
  assert.equal(await accepted(standardWebhooks(), standardHeaders(`v1,AAAA v1a,BBBB ${STANDARD}`)), true);
  assert.equal(await accepted(standardWebhooks(STANDARD_SECRET.slice('whsec_'.length)), standardHeaders()), true);
  assert.equal(await accepted(standardWebhooks(other), standardHeaders()), false);
});

test('a Standard Webhooks request with missing, foreign or malformed headers is refused', async () => {
  const refused = [
    {},
    { 'webhook-signature': STANDARD },
    standardHeaders(''),
    standardHeaders('v1'),
    standardHeaders('v1,'),
    standardHeaders(STANDARD.slice(0, -2)),
    standardHeaders(STANDARD.replace('v1,', 'v1a,')),
    standardHeaders(STANDARD.replace('v1,', '')),
    standardHeaders(STANDARD, { 'webhook-id': 'msg_other' }),
    standardHeaders(STANDARD, { 'webhook-timestamp': String(TS + 1) }),
    standardHeaders(STANDARD, { 'webhook-timestamp': `${TS}abc` }),
    standardHeaders(STANDARD, { 'webhook-timestamp': '' }),
  ];
  for (const headers of refused) assert.equal(await accepted(standardWebhooks(), headers), false, JSON.stringify(headers));
  assert.equal(await accepted(standardWebhooks(), standardHeaders(), body.replace('19.90', '19.9')), false);
  assert.equal(await accepted(standardWebhooks(), standardHeaders(), Buffer.concat([Buffer.from(body), Buffer.from([0xff])])), false);
});

test('a Standard Webhooks request is judged by the clock that is given, with a tolerance that can be set', async () => {
  const at = (seconds: number) => new Date((TS + seconds) * 1000);
  for (const seconds of [-300, 300]) assert.equal(await accepted(standardWebhooks(), standardHeaders(), body, at(seconds)), true);
  for (const seconds of [-301, 301]) assert.equal(await accepted(standardWebhooks(), standardHeaders(), body, at(seconds)), false);
  const wide = standardWebhooks(STANDARD_SECRET, { timestamp: { toleranceSeconds: 86_400 } });
  assert.equal(await accepted(wide, standardHeaders(), body, at(80_000)), true);
});

test('a Standard Webhooks sender may call its headers otherwise', async () => {
  const settings = standardWebhooks(STANDARD_SECRET, { header: 'svix-signature' });
  const headers = { 'svix-id': 'msg_01orderdock', 'svix-timestamp': String(TS), 'svix-signature': STANDARD };
  assert.equal(await accepted(settings, headers), true);
  assert.equal(await accepted(settings, standardHeaders()), false);
  assert.equal(standard.identify(inbound(body, headers), settings).dedupeKey, 'msg_01orderdock');
});

test('a Standard Webhooks sender may sign with a private key', async () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
  const settings = standardWebhooks(`whpk_${raw.toString('base64')}`);
  const signature = `v1a,${sign(null, Buffer.from(`msg_01orderdock.${TS}.${body}`), privateKey).toString('base64')}`;
  assert.equal(await accepted(settings, standardHeaders(signature)), true);
  assert.equal(await accepted(settings, standardHeaders(signature), `${body} `), false);
  assert.equal(await accepted(settings, standardHeaders('v1a,AAAA')), false);
  assert.equal(await accepted(settings, standardHeaders()), false);
});

test('the presets for signed bodies know their header', async () => {
  const headers = {
    shopify: 'x-shopify-hmac-sha256',
    woocommerce: 'x-wc-webhook-signature',
    'commerce-layer': 'x-commercelayer-signature',
    fourthwall: 'x-fourthwall-hmac-sha256',
  };
  for (const [name, header] of Object.entries(headers)) {
    assert.deepEqual(await verdict(preset(name), { [header]: BASE64 }), { accepted: true, credential: 'secret[0]' });
    assert.equal(await accepted(preset(name), { [header]: BASE64 }, `${body}\n`), false);
    assert.equal(await accepted(preset(name), { [header]: HEX }), false, 'the encoding is the sender’s own');
    assert.equal(await accepted(preset(name), { [header]: BASE64.slice(1) }), false);
    assert.equal(await accepted(preset(name), { 'x-signature': BASE64 }), false);
    assert.equal(await accepted(preset(name), {}), false);
  }
});

test('Square signs the address, the configured one before the one that was called', async () => {
  const header = 'x-square-hmacsha256-signature';
  assert.equal(await accepted(preset('square'), { [header]: SQUARE }), true);
  const url = 'https://hooks.example.net/webhooks/shop-square';
  const behindProxy = inbound(body, { [header]: SQUARE }, { url: 'http://10.0.0.7:8080/webhooks/shop-square' });
  assert.equal((await standard.authenticate(behindProxy, preset('square'), gatekeeper)).accepted, false);
  const configured = settingsOf({ preset: 'square', webhook: { url, signature: { secret: SECRET } } });
  assert.equal((await standard.authenticate(behindProxy, configured, gatekeeper)).accepted, true);
});

test('Ecwid signs two members of the body', async () => {
  const sent = '{"eventId":"7f0d1b52-aa10","eventCreated":1767261600,"entityId":91,"eventType":"order.updated"}';
  const header = 'x-ecwid-webhook-signature';
  assert.equal(await accepted(preset('ecwid'), { [header]: ECWID }, sent), true);
  for (const wrong of [sent.replace('1600', '1601'), sent.replace('aa10', 'aa11'), '{}', '[]', 'not json', '']) {
    assert.equal(await accepted(preset('ecwid'), { [header]: ECWID }, wrong), false, wrong);
  }
});

test('a plain name in a template is a member of the body', async () => {
  const sent = '{"eventId":"7f0d1b52-aa10","eventCreated":1767261600}';
  const settings = signedWith({ scheme: 'hmac', header: 'X-Sig', template: '{eventCreated}.{eventId}' });
  assert.equal(await accepted(settings, { 'x-sig': ECWID }, sent), true);
  assert.equal(await accepted(settings, { 'x-sig': ECWID }, '{"eventId":"7f0d1b52-aa10"}'), false);
});

test('algorithm, encoding, key encoding and prefix are settings', async () => {
  const header = 'X-Signature';
  const cases: [object, string][] = [
    [{ scheme: 'hmac', header }, HEX],
    [{ scheme: 'hmac', header }, BASE64],
    [{ scheme: 'hmac', header, encoding: 'hex', prefix: 'sha256=' }, `sha256=${HEX}`],
    [{ scheme: 'hmac', header, prefix: 'v1=' }, `t=1,v1=00,v1=${HEX}`],
    [{ scheme: 'hmac', header, algorithm: 'sha512', encoding: 'base64' }, SHA512],
    [{ scheme: 'hmac', header, algorithm: 'sha1', prefix: 'sha1=' }, `sha1=${SHA1_HEX}`],
    [{ scheme: 'hmac', header, keyEncoding: 'hex', secret: '00ff10'.repeat(8) }, HEX_KEY],
    [{ scheme: 'hmac', header, keyEncoding: 'base64', secret: STANDARD_SECRET.slice('whsec_'.length) }, BASE64_KEY],
    [{ scheme: 'hash', header }, PLAIN_HASH],
    [{ scheme: 'hash', header, template: '{secret}{body}' }, PLAIN_HASH],
    [{ scheme: 'hmac', header, secret: ['new', SECRET] }, HEX],
  ];
  for (const [signature, value] of cases) {
    assert.equal(await accepted(signedWith(signature), { 'x-signature': value }), true, JSON.stringify(signature));
    assert.equal(await accepted(signedWith(signature), { 'x-signature': `${value.slice(0, -3)}000` }), false);
    assert.equal(await accepted(signedWith(signature), { 'x-signature': value }, body.replace('4411', '4412')), false);
  }
});

test('an HMAC is not a plain hash, nor the other way about', async () => {
  const header = 'X-Signature';
  assert.equal(await accepted(signedWith({ scheme: 'hmac', header }), { 'x-signature': PLAIN_HASH }), false);
  assert.equal(await accepted(signedWith({ scheme: 'hash', header }), { 'x-signature': HEX }), false);
});

test('a timestamp may share its header with the signature, in milliseconds, or stand in the body', async () => {
  const ms = signedWith({
    scheme: 'hmac',
    header: 'recurly-signature',
    template: '{timestamp}.{body}',
    timestamp: { header: 'recurly-signature', unit: 'ms' },
  });
  assert.equal(await accepted(ms, { 'recurly-signature': `1767261605123,${MS_TIMESTAMP}` }), true);
  assert.equal(await accepted(ms, { 'recurly-signature': `1767261605124,${MS_TIMESTAMP}` }), false);
  assert.equal(await accepted(ms, { 'recurly-signature': MS_TIMESTAMP }), false);
  assert.equal(await accepted(ms, { 'recurly-signature': `1767261605123,${MS_TIMESTAMP}` }, body, new Date((TS + 400) * 1000)), false);
  const inBody = signedWith({ scheme: 'hmac', header: 'X-Sig', timestamp: { pointer: '/at' } });
  assert.equal(await accepted(inBody, { 'x-sig': HEX }), false, 'a timestamp that is asked for has to be there');
  // The shape of another platform's header, by settings alone; the signature is that of its own test.
  const groove = signedWith({
    ...{ scheme: 'hmac', header: 'X-Groove', prefix: 'sig=', template: '{timestamp}.{body}', secret: 'first-verification-key' },
    timestamp: { header: 'X-Groove', prefix: 'ts=' },
  });
  const sent =
    '{"id":"evt-9f31c2","type":"order.success","created":1767261600,"data":{"object":{"type":"order","public_id":"ord-77aa01","total":"48.10","note":"Zürich ☕"}}}';
  const sig = 'sig=948554165f14dcce7e37c69af6bf383177acc11d62d8b9b03b31b9a2297a41ae';
  assert.equal(await accepted(groove, { 'x-groove': `ts=${TS},${sig}` }, sent), true);
  assert.equal(
    await accepted(groove, { 'x-groove': `ts=${TS},ts=${TS},${sig}` }, sent),
    false,
    'a repeated time leaves open which is meant',
  );
  assert.equal(await accepted(groove, { 'x-groove': sig }, sent), false);
});

test('a template names headers, members, the id and the address', async () => {
  const settings = settingsOf({
    webhook: {
      signature: { scheme: 'hmac', header: 'X-Sig', template: '{id}|{header:X-Topic}|{pointer:/name}|{url}|{body}', secret: SECRET },
    },
    dedupe: 'header:X-Delivery',
  });
  const { createHmac } = await import('node:crypto');
  const message = `d-1|orders/paid|#1042|https://hooks.example.net/webhooks/shop-square|${body}`;
  const headers = { 'x-delivery': 'd-1', 'x-topic': 'orders/paid', 'x-sig': createHmac('sha256', SECRET).update(message).digest('hex') };
  assert.equal(await accepted(settings, headers), true);
  assert.equal(await accepted(settings, { ...headers, 'x-topic': 'orders/void' }), false);
  const { 'x-topic': _topic, ...without } = headers;
  assert.equal(await accepted(settings, without), false);
});

test('tokens may stand beside a signature, and any of them is enough; nothing configured lets nothing in', async () => {
  const auth = [{ bearer: { token: 't' } }, { header: { name: 'X-Token', value: 'v' } }];
  const both = settingsOf({ webhook: { auth, signature: { scheme: 'hmac', header: 'X-Sig', secret: SECRET } } });
  const keeper = { ...gatekeeper, accepts: async (entry: object) => 'header' in entry };
  assert.deepEqual(await standard.authenticate(inbound(body), both, keeper), { accepted: true, credential: 'auth[1].header' });
  assert.deepEqual(await standard.authenticate(inbound(body, { 'x-sig': HEX }), both, gatekeeper), {
    accepted: true,
    credential: 'secret[0]',
  });
  assert.equal((await standard.authenticate(inbound(body), both, gatekeeper)).accepted, false);
  assert.equal((await standard.authenticate(inbound(body), settingsOf({ webhook: {} }), keeper)).accepted, false);
  assert.deepEqual(standard.secretHeaders(both), ['x-token']);
  const away: Gatekeeper = {
    now: NOW,
    accepts: async () => {
      throw new Unavailable('issuer_unreachable', 'no answer');
    },
  };
  await assert.rejects(standard.authenticate(inbound(body), both, away), Unavailable);
  assert.equal((await standard.authenticate(inbound(body, { 'x-sig': HEX }), both, away)).accepted, true);
});

test('faulty settings are named', () => {
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

test('two subscriptions of one Shopify event are one delivery, two topics of one action are two', () => {
  const key = (headers: Record<string, string>) => standard.identify(inbound(body, headers), preset('shopify')).dedupeKey;
  const first = { 'x-shopify-event-id': 'e-1', 'x-shopify-webhook-id': 'w-1', 'x-shopify-topic': 'orders/updated' };
  assert.equal(key(first), key({ ...first, 'x-shopify-webhook-id': 'w-2' }));
  assert.notEqual(key(first), key({ ...first, 'x-shopify-topic': 'orders/paid' }));
  const older = { 'x-shopify-webhook-id': 'w-1', 'x-shopify-topic': 'orders/updated' };
  assert.equal(key(older), key({ ...older }));
  assert.notEqual(key(older), key({ ...older, 'x-shopify-webhook-id': 'w-2' }));
  assert.equal(key({}), null);
});

test('a request without an event id is known by its bytes, one with webhook-id by that', () => {
  assert.equal(standard.identify(inbound(body), signedWith({ scheme: 'hmac', header: 'X' })).dedupeKey, null);
  assert.equal(standard.identify(inbound(body, standardHeaders()), standardWebhooks()).dedupeKey, 'msg_01orderdock');
});

test('a body that is no JSON object or list is invalid, also where nothing of it is needed', () => {
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

test('what cannot be named is ignored with a reason, never an error', () => {
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

test('the unsigned ping of WooCommerce is a greeting, and nothing else is', () => {
  const ping = (sent: string, headers: Record<string, string> = {}, more: Partial<Inbound> = {}) =>
    inbound(sent, { 'content-type': 'application/x-www-form-urlencoded', ...headers }, { format: 'form', ...more });
  const greets = (request: Inbound, settings = preset('woocommerce')) => standard.isGreeting?.(request, settings);
  assert.equal(greets(ping('webhook_id=17')), true);
  assert.equal(greets(ping('webhook_id=17'), preset('shopify')), false);
  assert.equal(greets(ping('webhook_id=17', { 'x-wc-webhook-signature': BASE64 })), false);
  for (const other of ['', 'webhook_id=', 'webhook_id=x', 'webhook_id=17&order=1', '{"webhook_id":17}', 'webhook_id=17\n{}'])
    assert.equal(greets(ping(other)), false, other);
});

test('the sandbox sends every form so that its preset lets it in and reads it', async () => {
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
      const [sent] = world.happen(type);
      assert.ok(sent);
      const interpretation = standard.interpret(arrived(sent.body, sent.headers), settings);
      assert.ok(interpretation.do === 'apply', `${form} ${type}`);
      assert.equal(interpretation.reports[0]?.externalId, sent.subject?.externalId);
      return { sent, deleted: interpretation.reports[0]?.deleted };
    });
    for (const { sent } of effects) assert.equal(await accepted(settings, sent.headers, sent.body), true, form);
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
  const [sent] = world.happen('customer.renamed');
  assert.equal(sent?.eventType, 'customer.renamed');
  assert.equal(standard.interpret(arrived(sent?.body ?? '', sent?.headers), settings).do, 'ignore');
});

test('what the simulated shop holds is what a receiver has been told', () => {
  const settings = settingsOf(standard.sandboxConnection('http://localhost', () => 'generated-secret-of-the-sandbox'));
  let ids = 0;
  const world = standard.simulate(settings, {
    now: () => NOW,
    random: () => (++ids % 10) / 10,
    makeId: () => 'id',
    baseUrl: 'http://localhost',
  });
  const told = ['order.created', 'order.created', 'order.updated', 'order.teleported'].flatMap((type) => world.happen(type));
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

test('the guide for the portal holds no secret', () => {
  for (const name of PRESET_NAMES) {
    const guide = standard.portalGuide(preset(name), 'https://hooks.example.net/webhooks/shop').join('\n');
    assert.ok(guide.includes('https://hooks.example.net/webhooks/shop') && !guide.includes(SECRET));
  }
});
