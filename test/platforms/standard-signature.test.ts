import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import test from 'node:test';
import { Unavailable } from '../../src/domain/errors.ts';
import type { CredentialChecker } from '../../src/platforms/contract/webhook.ts';
import { standard } from '../../src/platforms/standard/index.ts';
import { verdictOn } from '../support/incoming.ts';
import {
  accepted,
  BASE64,
  BASE64_KEY,
  body,
  ECWID,
  gatekeeper,
  HEX,
  HEX_KEY,
  inbound,
  MS_TIMESTAMP,
  NOW,
  PLAIN_HASH,
  preset,
  SECRET,
  SHA1_HEX,
  SHA512,
  SQUARE,
  STANDARD,
  STANDARD_SECRET,
  STRIPE,
  STRIPE_SECRET,
  settingsOf,
  signedWith,
  standardHeaders,
  standardWebhooks,
  TS,
  verdict,
} from './standard-support.ts';

test('a Standard Webhooks signature is accepted, alone or among others, with any of the secrets', async () => {
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

test('a Standard Webhooks request with missing, foreign or malformed headers is rejected', async () => {
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

test('a Standard Webhooks request is checked against the given clock, with a configurable tolerance', async () => {
  const at = (seconds: number) => new Date((TS + seconds) * 1000);
  for (const seconds of [-300, 300]) assert.equal(await accepted(standardWebhooks(), standardHeaders(), body, at(seconds)), true);
  for (const seconds of [-301, 301]) assert.equal(await accepted(standardWebhooks(), standardHeaders(), body, at(seconds)), false);
  const wide = standardWebhooks(STANDARD_SECRET, { timestamp: { toleranceSeconds: 86_400 } });
  assert.equal(await accepted(wide, standardHeaders(), body, at(80_000)), true);
});

test('a Standard Webhooks sender may use other header names', async () => {
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
  assert.equal((await verdictOn(standard, behindProxy, preset('square'), gatekeeper)).accepted, false);
  const configured = settingsOf({ preset: 'square', webhook: { url, signature: { secret: SECRET } } });
  assert.equal((await verdictOn(standard, behindProxy, configured, gatekeeper)).accepted, true);
  const beside = settingsOf({ webhook: { signature: { preset: 'square', url, secret: SECRET } } });
  assert.equal((await verdictOn(standard, behindProxy, beside, gatekeeper)).accepted, true, 'beside the secret it is understood, too');
});

test('Ecwid signs two members of the body', async () => {
  const sent = '{"eventId":"7f0d1b52-aa10","eventCreated":1767261600,"entityId":91,"eventType":"order.updated"}';
  const header = 'x-ecwid-webhook-signature';
  assert.equal(await accepted(preset('ecwid'), { [header]: ECWID }, sent), true);
  for (const wrong of [sent.replace('1600', '1601'), sent.replace('aa10', 'aa11'), '{}', '[]', 'not json', '']) {
    assert.equal(await accepted(preset('ecwid'), { [header]: ECWID }, wrong), false, wrong);
  }
});

test('Stripe puts time and signatures into one header, and its secret is text', async () => {
  const stripe = (more: object = {}, secret: string | string[] = STRIPE_SECRET) =>
    settingsOf({ preset: 'stripe', webhook: { signature: { secret, ...more } } });
  const header = (value: string) => ({ 'stripe-signature': value });
  const right = header(`t=${TS},v1=${STRIPE}`);
  assert.deepEqual(await verdict(stripe(), right), { accepted: true, credential: 'secret[0]' });
  assert.equal(
    await accepted(stripe(), header(`t=${TS},v1=${'0'.repeat(64)},v1=${STRIPE},v0=${'1'.repeat(64)}`)),
    true,
    'while a secret is rolled',
  );
  assert.deepEqual(await verdict(stripe({}, ['whsec_newer', STRIPE_SECRET]), right), { accepted: true, credential: 'secret[1]' });
  for (const wrong of [
    `v1=${STRIPE}`,
    `t=${TS},v0=${STRIPE}`,
    `t=${TS},t=${TS},v1=${STRIPE}`,
    `t=${TS + 1},v1=${STRIPE}`,
    `t=${TS},v1=`,
    STRIPE,
    '',
  ])
    assert.equal(await accepted(stripe(), header(wrong)), false, wrong);
  assert.equal(await accepted(stripe(), right, `${body} `), false);
  const at = (seconds: number) => new Date((TS + seconds) * 1000);
  for (const seconds of [-301, 301]) assert.equal(await accepted(stripe(), right, body, at(seconds)), false);
  assert.equal(await accepted(stripe({ timestamp: { toleranceSeconds: 900 } }), right, body, at(800)), true);
});

test('BigCommerce signs nothing: the header that was set at its registration is compared', async () => {
  const checker = (headers: Record<string, string>) => ({
    now: NOW,
    accepts: async (entry: object) => 'header' in entry && JSON.stringify(entry.header).includes(`"${headers['x-shop-token']}"`),
  });
  for (const webhook of [
    { auth: [{ header: { name: 'X-Shop-Token', value: SECRET } }] },
    { signature: { header: 'X-Shop-Token', secret: SECRET } },
    { header: undefined, secret: SECRET },
  ]) {
    const { header: _header, ...given } = webhook as { header?: undefined };
    const settings = settingsOf({ preset: 'bigcommerce', webhook: given });
    assert.deepEqual(
      settings.webhook.auth?.map((entry) => 'header' in entry && entry.header.value),
      [[SECRET]],
    );
    for (const [token, expected] of [
      [SECRET, true],
      [`${SECRET}x`, false],
    ] as const) {
      const headers = { 'x-shop-token': token };
      assert.equal((await standard.authenticate(inbound(body, headers), settings, checker(headers))).accepted, expected);
    }
  }
  assert.equal(
    (await standard.authenticate(inbound(body), settingsOf({ preset: 'bigcommerce', webhook: {} }), gatekeeper)).accepted,
    false,
  );
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

test('an HMAC is not accepted as a plain hash, nor a plain hash as an HMAC', async () => {
  const header = 'X-Signature';
  assert.equal(await accepted(signedWith({ scheme: 'hmac', header }), { 'x-signature': PLAIN_HASH }), false);
  assert.equal(await accepted(signedWith({ scheme: 'hash', header }), { 'x-signature': HEX }), false);
});

test('a timestamp may share its header with the signature, be in milliseconds, or be in the body', async () => {
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
  // The header format of another platform, by settings alone; the signature is that of its own test.
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

test('a template refers to headers, members, the id and the address', async () => {
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

test('tokens may be configured beside a signature, and any of them suffices; without configuration nothing is accepted', async () => {
  const auth = [{ bearer: { token: 't' } }, { header: { name: 'X-Token', value: 'v' } }];
  const both = settingsOf({ webhook: { auth, signature: { scheme: 'hmac', header: 'X-Sig', secret: SECRET } } });
  const keeper = { ...gatekeeper, accepts: async (entry: object) => 'header' in entry };
  assert.deepEqual(await verdictOn(standard, inbound(body), both, keeper), { accepted: true, credential: 'auth[1].header' });
  assert.deepEqual(await verdictOn(standard, inbound(body, { 'x-sig': HEX }), both, gatekeeper), {
    accepted: true,
    credential: 'secret[0]',
  });
  assert.equal((await verdictOn(standard, inbound(body), both, gatekeeper)).accepted, false);
  assert.equal((await verdictOn(standard, inbound(body), settingsOf({ webhook: {} }), keeper)).accepted, false);
  assert.deepEqual(standard.secretHeaders(both), ['x-token']);
  const away: CredentialChecker = {
    now: NOW,
    accepts: async () => {
      throw new Unavailable('issuer_unavailable', 'no answer');
    },
  };
  await assert.rejects(verdictOn(standard, inbound(body), both, away), Unavailable);
  assert.equal((await verdictOn(standard, inbound(body, { 'x-sig': HEX }), both, away)).accepted, true);
});
