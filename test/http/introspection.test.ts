import assert from 'node:assert/strict';
import test from 'node:test';
import { CALLER, RECEIVER, type TestIssuer } from './issuer.ts';
import { connectionNamed, openTestServer } from './test-server.ts';
import { send, statusOf, trusting, withIssuer } from './tokens-support.ts';

test('an issuer or introspection endpoint that asks for a pause is not called before it ends, after an hour at the latest', async (t) => {
  const issuer = await withIssuer(t);
  let now = Date.now();
  const clock = { now: () => new Date(now) };
  const ways = [
    [trusting(issuer, {}, clock), await issuer.token('jwt')],
    [introspecting(issuer, {}, clock), await issuer.token('opaque')],
  ] as const;
  for (const [testServer, token] of ways) {
    issuer.fail(429, { 'retry-after': '31536000' });
    issuer.asked.length = 0;
    assert.equal(await statusOf(testServer, token), 503);
    issuer.heal();
    now += 3_590_000;
    assert.equal(await statusOf(testServer, token), 503);
    assert.equal(issuer.asked.length, 1);
    // The token has expired in the meantime: it is introspected all the same.
    now += 10_000;
    assert.notEqual(await statusOf(testServer, token), 503);
    assert.ok(issuer.asked.length > 1);
    now = Date.now();
  }
});

const introspecting = (issuer: TestIssuer, more: object = {}, clock?: { now(): Date }, settings: { trustProxy?: number } = {}) => {
  const introspection = {
    url: `${issuer.url}/token/introspection`,
    clientId: RECEIVER.id,
    clientSecret: RECEIVER.secret,
    clientIds: [CALLER.id],
    ...more,
  };
  return openTestServer({
    connections: [connectionNamed('acme', [{ oauth2: { introspection } }])],
    ...(clock ? { clock } : {}),
    ...settings,
  });
};

test('an opaque token is introspected at its issuer, and the result is cached', async (t) => {
  const issuer = await withIssuer(t);
  let now = Date.now();
  const testServer = introspecting(issuer, {}, { now: () => new Date(now) });
  const token = await issuer.token('opaque');
  issuer.asked.length = 0;
  assert.equal(await statusOf(testServer, token), 202);
  assert.equal(await statusOf(testServer, token), 202);
  assert.equal(issuer.asked.length, 1);
  assert.equal(await statusOf(testServer, 'made-up'), 401);
  assert.equal(await statusOf(testServer, 'made-up'), 401);
  assert.equal(issuer.asked.length, 2);
  await issuer.revoke(token);
  now += 30_000;
  assert.equal(await statusOf(testServer, token), 401, 'a revoked token ends with the cache');
});

test('a cached introspection never outlives its token', async (t) => {
  const issuer = await withIssuer(t);
  let now = Date.now();
  const testServer = introspecting(issuer, {}, { now: () => new Date(now) });
  const token = await issuer.token('opaque', { ttlSeconds: 10 });
  assert.equal(await statusOf(testServer, token), 202);
  now += 11_000;
  assert.equal(await statusOf(testServer, token), 401);
});

test('an old client secret may be listed beside the new one', async (t) => {
  const issuer = await withIssuer(t);
  const token = await issuer.token('opaque');
  assert.equal(await statusOf(introspecting(issuer, { clientSecret: ['not-yet', RECEIVER.secret] }), token), 202);
  assert.equal(await statusOf(introspecting(issuer, { clientSecret: 'wrong' }), token), 503, 'the fault is ours: the sender comes again');
});

test('an introspection endpoint that does not respond means 503', async (t) => {
  const issuer = await withIssuer(t);
  let now = Date.now();
  const testServer = introspecting(issuer, {}, { now: () => new Date(now) });
  const token = await issuer.token('opaque');
  issuer.fail(500);
  assert.equal(await statusOf(testServer, token), 503);
  issuer.heal();
  now += 2000;
  assert.equal(await statusOf(testServer, token), 202);
});

test('an active token of another application, or with another scope, is rejected', async (t) => {
  const issuer = await withIssuer(t);
  const token = await issuer.token('opaque');
  assert.equal(await statusOf(introspecting(issuer), token), 202);
  assert.equal(await statusOf(introspecting(issuer, { clientIds: ['another-app'] }), token), 401);
  assert.equal(await statusOf(introspecting(issuer, { audience: 'api://another' }), token), 401);
  assert.equal(await statusOf(introspecting(issuer, { scope: 'webhooks.write' }), token), 401);
  const bare = { url: issuer.url, clientId: 'a', clientSecret: 'b' };
  assert.throws(() => connectionNamed('acme', [{ oauth2: { introspection: bare } }]), /audience, clientIds or scope/);
});

test("strangers' tokens use a separate limit of requests, and senders are not affected", async (t) => {
  const issuer = await withIssuer(t);
  let now = Date.now();
  const testServer = introspecting(issuer, {}, { now: () => new Date(now) });
  const token = await issuer.token('opaque');
  assert.equal(await statusOf(testServer, token), 202);
  issuer.asked.length = 0;
  for (let number = 0; number < 60; number++) assert.ok([401, 503].includes(await statusOf(testServer, `made-up-${number}`)));
  assert.equal(issuer.asked.length, 20, 'made-up tokens are asked about twenty times a minute');
  assert.equal(await statusOf(testServer, 'not a token'), 401);
  assert.equal(issuer.asked.length, 20);
  now += 31_000;
  assert.equal(await statusOf(testServer, token), 202, 'what was active before is asked about all the same');
  issuer.fail(500);
  now += 30_000;
  assert.equal(await statusOf(testServer, 'made-up-again'), 503);
  issuer.heal();
  assert.equal(await statusOf(testServer, token), 202, 'a failure over a made-up token is no failure of the issuer');
});

test("an issuer that fails over strangers' tokens, or asks for a pause, is still asked about new tokens of senders", async (t) => {
  const issuer = await withIssuer(t);
  let now = Date.now();
  const testServer = introspecting(issuer, {}, { now: () => new Date(now) }, { trustProxy: 1 });
  const from = async (address: string, token: string) => (await send(testServer, token).set('X-Forwarded-For', address)).status;
  assert.equal(await from('192.0.2.1', await issuer.token('opaque')), 202);
  for (const [status, headers] of [
    [500, {}],
    [429, { 'retry-after': '3600' }],
  ] as const) {
    now += 2000;
    issuer.fail(status, headers);
    issuer.asked.length = 0;
    assert.equal(await from('198.51.100.7', `made-up-${status}`), 503);
    assert.equal(issuer.asked.length, 1);
    issuer.heal();
    assert.equal(await from('192.0.2.1', await issuer.token('opaque')), 202, `a new token of a sender, after ${status}`);
  }
  issuer.fail(500);
  assert.equal(await from('192.0.2.1', 'made-up'), 503);
  issuer.heal();
  assert.equal(await from('192.0.2.1', await issuer.token('opaque')), 503, 'the failure of a lookup for a sender pauses those for senders');
});
