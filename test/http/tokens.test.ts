import assert from 'node:assert/strict';
import test from 'node:test';
import { SignJWT, UnsecuredJWT } from 'jose';
import request from 'supertest';
import { AUDIENCE, CALLER, startIssuer } from './issuer.ts';
import { connectionNamed, openTestServer } from './test-server.ts';
import { send, statusOf, trusting, withIssuer } from './tokens-support.ts';

test('a token of an external issuer is accepted', async (t) => {
  const issuer = await withIssuer(t);
  const testServer = trusting(issuer);
  assert.equal(await statusOf(testServer, await issuer.token('jwt')), 202);
  assert.equal(await statusOf(testServer, await issuer.token('jwt', { audience: 'https://elsewhere.example' })), 401);
  assert.equal((await send(testServer, 'nonsense')).headers['www-authenticate'], 'Bearer realm="orderdock"');
});

test('issuer and audience may be lists, and the caller may be restricted', async (t) => {
  const issuer = await withIssuer(t);
  const lists = { issuer: ['https://old.example', issuer.url], audience: ['urn:other', AUDIENCE] };
  assert.equal(await statusOf(trusting(issuer, { ...lists, clientIds: [CALLER.id] }), await issuer.token('jwt')), 202);
  assert.equal(await statusOf(trusting(issuer, { clientIds: ['somebody-else'] }), await issuer.token('jwt')), 401);
  const testServer = trusting(issuer, { clientIds: ['app-1'] });
  assert.equal(await statusOf(testServer, await issuer.sign({ azp: 'app-1' })), 202, 'Entra v2');
  assert.equal(await statusOf(testServer, await issuer.sign({ appid: 'app-1', client_id: undefined })), 202, 'Entra v1');
});

test('the key set may be configured instead of discovered', async (t) => {
  const issuer = await withIssuer(t);
  const testServer = trusting(issuer, { jwksUri: `${issuer.url}/jwks` });
  issuer.asked.length = 0;
  const token = await issuer.sign({});
  assert.equal(await statusOf(testServer, token), 202);
  assert.deepEqual(issuer.asked, ['/jwks']);
});

test('expired, premature, unlimited and foreign tokens are rejected', async (t) => {
  const issuer = await withIssuer(t);
  const testServer = trusting(issuer);
  const nowSeconds = Math.floor(Date.now() / 1000);
  assert.equal(await statusOf(testServer, await issuer.sign({})), 202);
  assert.equal(await statusOf(testServer, await issuer.sign({ nbf: nowSeconds + 30 })), 202, 'our clock may be a little behind');
  for (const claims of [
    { exp: nowSeconds - 10 },
    { exp: undefined },
    { nbf: nowSeconds + 300 },
    { iss: 'https://attacker.example' },
    { iss: undefined },
    { aud: undefined },
    { aud: ['urn:a', 'urn:b'] },
  ]) {
    assert.equal(await statusOf(testServer, await issuer.sign(claims)), 401, JSON.stringify(claims));
  }
});

test('a forged signature is rejected whatever algorithm it names', async (t) => {
  const issuer = await withIssuer(t);
  const stranger = await startIssuer();
  t.after(() => stranger.close());
  const testServer = trusting(issuer);
  const claims = { iss: issuer.url, aud: AUDIENCE, exp: Math.floor(Date.now() / 1000) + 600 };
  const unsigned = new UnsecuredJWT(claims).encode();
  const jwks = await (await fetch(`${issuer.url}/jwks`)).text();
  const symmetric = await new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: 'key-1' }).sign(Buffer.from(jwks));
  const genuine = await issuer.sign({});
  const altered = genuine.replace(/\.[^.]+\./, `.${Buffer.from(JSON.stringify({ ...claims, sub: 'root' })).toString('base64url')}.`);
  for (const token of [
    await stranger.sign({ iss: issuer.url }),
    await stranger.sign({ iss: issuer.url }, { kid: 'key-unknown' }),
    unsigned,
    symmetric,
    altered,
    genuine.slice(0, -8),
    `${genuine}.x`,
    '..',
  ]) {
    assert.equal(await statusOf(testServer, token), 401, token);
  }
});

test('a key that the issuer has just rotated to is accepted immediately', async (t) => {
  const issuer = await withIssuer(t);
  const testServer = trusting(issuer);
  assert.equal(await statusOf(testServer, await issuer.token('jwt')), 202);
  await issuer.rotateKey();
  const token = await issuer.token('jwt');
  assert.equal(await statusOf(testServer, token), 202);
});

test('strangers cannot cause an unlimited number of requests to the issuer', async (t) => {
  const issuer = await withIssuer(t);
  const stranger = await startIssuer();
  t.after(() => stranger.close());
  const testServer = trusting(issuer);
  const genuine = await issuer.token('jwt');
  assert.equal(await statusOf(testServer, genuine), 202);
  issuer.asked.length = 0;
  for (let number = 0; number < 40; number++) {
    const forged = await stranger.sign({ iss: issuer.url }, { kid: `guess-${number}` });
    assert.ok([401, 503].includes(await statusOf(testServer, forged)));
  }
  assert.ok(issuer.asked.length <= 20, `${issuer.asked.length} calls`);
  assert.equal(await statusOf(testServer, genuine), 202, 'known keys go on');
});

test('tokens that claim another issuer cause no request', async (t) => {
  const issuer = await withIssuer(t);
  const testServer = trusting(issuer);
  issuer.asked.length = 0;
  assert.equal(await statusOf(testServer, await issuer.sign({ iss: 'https://attacker.example' })), 401);
  assert.equal(await statusOf(testServer, 'abc.def.ghi'), 401);
  assert.deepEqual(issuer.asked, []);
});

test('many concurrent tokens cause one request to the issuer', async (t) => {
  const issuer = await withIssuer(t);
  const testServer = trusting(issuer);
  const token = await issuer.token('jwt');
  issuer.asked.length = 0;
  const answers = await Promise.all(Array.from({ length: 30 }, () => statusOf(testServer, token)));
  assert.deepEqual(answers, Array(30).fill(202));
  assert.deepEqual(issuer.asked, ['/.well-known/openid-configuration', '/jwks']);
});

test('if the issuer does not respond the answer is 503, never 202 or 401', async (t) => {
  const issuer = await withIssuer(t);
  let now = Date.now();
  const testServer = trusting(issuer, {}, { now: () => new Date(now) });
  const token = await issuer.token('jwt');
  issuer.fail(502);
  issuer.asked.length = 0;
  const refused = await send(testServer, token);
  assert.equal(refused.status, 503);
  assert.equal(refused.body.code, 'issuer_unavailable');
  assert.ok(refused.headers['retry-after']);
  assert.equal(await statusOf(testServer, token), 503);
  assert.equal(issuer.asked.length, 1, 'the failure is remembered for a moment');
  issuer.heal();
  now += 2000;
  assert.equal(await statusOf(testServer, token), 202);
});

test('an unreachable issuer means 503', async () => {
  const issuer = await startIssuer();
  const token = await issuer.sign({});
  await issuer.close();
  assert.equal(await statusOf(trusting(issuer), token), 503);
});

test('a discovery document of another issuer is not accepted', async (t) => {
  const issuer = await withIssuer(t);
  const testServer = trusting(issuer, { issuer: `${issuer.url}/` });
  assert.equal(await statusOf(testServer, await issuer.sign({ iss: `${issuer.url}/` })), 503);
});

test('any entry may accept, in whatever order they are listed', async (t) => {
  const issuer = await withIssuer(t);
  const testServer = openTestServer({
    connections: [
      connectionNamed('acme', [
        { oauth2: { issuer: issuer.url, audience: AUDIENCE } },
        { bearer: { token: ['static-new', 'static-old'] } },
        { header: { name: 'X-Connector-Token', value: 'in-a-header' } },
        { basic: { username: 'sender', password: 'with:colon:and-ü' } },
      ]),
    ],
  });
  assert.equal(await statusOf(testServer, await issuer.token('jwt')), 202);
  assert.equal(await statusOf(testServer, 'static-new'), 202);
  assert.equal(await statusOf(testServer, 'static-old'), 202);
  assert.equal(await statusOf(testServer, 'static-older'), 401);
  const open = () => request(testServer.app).post('/webhooks/acme');
  assert.equal((await open().set('x-connector-token', 'in-a-header').send({ n: 1 })).status, 202);
  assert.equal((await open().set('x-connector-token', 'in-a-heade').send({ n: 1 })).status, 401);
  assert.equal((await open().auth('sender', 'with:colon:and-ü').send({ n: 2 })).status, 202);
  assert.equal((await open().set('authorization', 'bEARER   static-new').send({ n: 3 })).status, 202);
});
