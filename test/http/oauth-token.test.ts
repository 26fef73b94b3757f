import assert from 'node:assert/strict';
import test from 'node:test';
import { decodeJwt, SignJWT } from 'jose';
import request from 'supertest';
import { BASIC, connectionNamed, openTestServer, type TestServer, type TestServerOptions } from './test-server.ts';

const clients = (...list: object[]) => [{ oauth2: { clients: list } }];
const ACME = { id: 'acme-client', secret: ['s3cret one', 's3cret:two'] };

const openTokenServer = (options: TestServerOptions = {}) =>
  openTestServer({
    connections: [
      connectionNamed('acme', clients(ACME)),
      connectionNamed('acme-two', [BASIC, ...clients(ACME, { id: 'other', secret: 'x' })]),
      connectionNamed('elsewhere', clients({ id: 'acme-client', secret: 'a different secret' })),
    ],
    ...options,
  });

const ask = (testServer: TestServer, form: Record<string, string>) => request(testServer.app).post('/oauth/token').type('form').send(form);
const GRANT = { grant_type: 'client_credentials' };
const byForm = (secret: string) => ({ ...GRANT, client_id: 'acme-client', client_secret: secret });

const statusWith = async (testServer: TestServer, token: string, connection: string) =>
  (await request(testServer.app).post(`/webhooks/${connection}`).set('Authorization', `Bearer ${token}`).send({ connection })).status;

test('a client gets a token for an hour, by form or by HTTP Basic', async () => {
  const testServer = openTokenServer();
  for (const answer of [
    await ask(testServer, byForm('s3cret one')),
    await ask(testServer, { ...byForm('s3cret:two'), scope: 'https://receiver.example/.default' }),
    await ask(testServer, GRANT).auth('acme-client', 's3cret%3Atwo'),
    await ask(testServer, GRANT).auth('acme-client', 's3cret+one'),
    await ask(testServer, { ...GRANT, client_id: 'acme-client' }).auth('acme-client', 's3cret:two'),
  ]) {
    assert.equal(answer.status, 200);
    assert.deepEqual(Object.keys(answer.body), ['access_token', 'token_type', 'expires_in']);
    assert.equal(answer.body.token_type, 'Bearer');
    assert.equal(answer.body.expires_in, 3600);
    assert.equal(answer.headers['cache-control'], 'no-store');
  }
});

test('a secret with + or % is accepted literally and form-encoded, by HTTP Basic', async () => {
  const odd = { id: 'c+1%', secret: 'a+b%c d' };
  const testServer = openTokenServer({ connections: [connectionNamed('acme', clients(odd))] });
  const encode = (text: string) => encodeURIComponent(text).replaceAll('%20', '+');
  assert.equal((await ask(testServer, GRANT).auth(odd.id, odd.secret)).status, 200);
  assert.equal((await ask(testServer, GRANT).auth(encode(odd.id), encode(odd.secret))).status, 200);
  assert.equal((await ask(testServer, GRANT).auth(odd.id, 'a b%c d')).status, 401);
});

test('a token is valid for the connections that list its client, and no others', async () => {
  const testServer = openTokenServer();
  const token = (await ask(testServer, byForm('s3cret one'))).body.access_token;
  assert.deepEqual(decodeJwt(token).aud, ['acme', 'acme-two']);
  assert.equal(await statusWith(testServer, token, 'acme'), 202);
  assert.equal(await statusWith(testServer, token, 'acme-two'), 202);
  assert.equal(await statusWith(testServer, token, 'elsewhere'), 401);
});

test('a token is valid in another process with the same key, and nowhere else', async () => {
  const token = (await ask(openTokenServer(), byForm('s3cret one'))).body.access_token;
  assert.equal(await statusWith(openTokenServer(), token, 'acme'), 202);
  assert.equal(await statusWith(openTokenServer({ tokenKey: async () => new Uint8Array(32).fill(9) }), token, 'acme'), 401);
});

test('a token is invalid after an hour, and when its client is removed', async () => {
  let now = Date.now();
  const testServer = openTokenServer({ clock: { now: () => new Date(now) } });
  const token = (await ask(testServer, byForm('s3cret one'))).body.access_token;
  now += 3_590_000;
  assert.equal(await statusWith(testServer, token, 'acme'), 202);
  now += 11_000;
  assert.equal(await statusWith(testServer, token, 'acme'), 401);
  const fresh = (await ask(testServer, byForm('s3cret one'))).body.access_token;
  const withoutClient = openTokenServer({ connections: [connectionNamed('acme', clients({ id: 'somebody', secret: 'x' }))] });
  assert.equal(await statusWith(withoutClient, fresh, 'acme'), 401);
});

test('a token that we did not sign is rejected', async () => {
  const testServer = openTokenServer();
  const forged = await new SignJWT({ iss: 'orderdock', sub: 'acme-client', aud: 'acme', exp: 4_000_000_000 })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(new Uint8Array(32));
  assert.equal(await statusWith(testServer, forged, 'acme'), 401);
  assert.equal(await statusWith(testServer, 'opaque', 'acme'), 401);
});

test('a wrong client is answered invalid_client', async () => {
  const testServer = openTokenServer();
  for (const attempt of [
    ask(testServer, byForm('s3cret')),
    ask(testServer, { ...byForm('s3cret one'), client_id: 'acme' }),
    ask(testServer, GRANT),
    ask(testServer, { ...GRANT, client_id: 'acme-client' }),
    ask(testServer, GRANT).auth('acme-client', 'wrong'),
    ask(testServer, GRANT).auth('acme-client', 'lone%percent'),
    ask(testServer, GRANT).set('Authorization', 'Bearer something'),
  ]) {
    const answer = await attempt;
    assert.equal(answer.status, 401);
    assert.equal(answer.body.error, 'invalid_client');
    assert.match(answer.headers['www-authenticate'] ?? '', /^Basic realm=/);
    assert.equal(answer.headers['cache-control'], 'no-store');
  }
});

test('the other errors are those of RFC 6749', async () => {
  const testServer = openTokenServer();
  const secret = 's3cret one';
  const errorOf = async (attempt: request.Test) => {
    const answer = await attempt;
    return `${answer.status} ${answer.body.error}`;
  };
  assert.equal(await errorOf(ask(testServer, { ...byForm(secret), grant_type: 'password' })), '400 unsupported_grant_type');
  assert.equal(await errorOf(ask(testServer, { client_id: 'acme-client', client_secret: secret })), '400 invalid_request');
  assert.equal(await errorOf(ask(testServer, { ...byForm(secret), scope: 'quoted" scope' })), '400 invalid_scope');
  assert.equal(await errorOf(ask(testServer, byForm(secret)).auth('acme-client', secret)), '400 invalid_request');
  assert.equal(await errorOf(ask(testServer, { ...GRANT, client_id: 'other' }).auth('acme-client', secret)), '400 invalid_request');
  const raw = (type: string, body: string) => request(testServer.app).post('/oauth/token').type(type).send(body);
  assert.equal(await errorOf(raw('form', 'grant_type=client_credentials&grant_type=password')), '400 invalid_request');
  assert.equal(await errorOf(raw('application/json', JSON.stringify(byForm(secret)))), '400 invalid_request');
  assert.equal(await errorOf(raw('form', `client_id=${'x'.repeat(20_000)}`)), '400 invalid_request');
  const got = await request(testServer.app).get('/oauth/token');
  assert.equal(got.status, 405);
  assert.equal(got.headers.allow, 'POST');
});

test('while the signing key is unavailable no token is issued, and none is rejected permanently', async () => {
  let broken = true;
  const testServer = openTokenServer({
    tokenKey: async () => {
      if (broken) throw new Error('database is gone');
      return new Uint8Array(32).fill(7);
    },
  });
  const refused = await ask(testServer, byForm('s3cret one'));
  assert.equal(refused.status, 503);
  assert.ok(refused.headers['retry-after']);
  assert.doesNotMatch(refused.text, /database is gone/);
  assert.equal(await statusWith(testServer, 'any-token', 'acme'), 503);
  broken = false;
  assert.equal((await ask(testServer, byForm('s3cret one'))).status, 200);
});

test('if HTTPS is required, no secret is accepted over plain HTTP', async () => {
  const answer = await ask(openTokenServer({ requireHttps: true }), byForm('s3cret one'));
  assert.equal(answer.status, 400);
  assert.equal(answer.body.error, 'invalid_request');
});

test('after ten wrong secrets within a minute the client is rejected from this address, but webhooks are not', async () => {
  const testServer = openTokenServer();
  for (let n = 0; n < 10; n++) assert.equal((await ask(testServer, byForm(`guess ${n}`))).status, 401);
  const refused = await ask(testServer, byForm('s3cret one'));
  assert.deepEqual([refused.status, refused.body.error], [429, 'too_many_attempts']);
  assert.match(refused.headers['retry-after'] ?? '', /^\d+$/);
  assert.equal((await ask(testServer, { ...byForm('guess'), client_id: 'another' })).status, 401);
  for (let n = 0; n < 12; n++) assert.equal(await statusWith(testServer, `guess-${n}`, 'acme'), 401);
  assert.equal(testServer.logged.filter(({ event }) => event === 'sign_in_throttled').length, 1);
  assert.doesNotMatch(JSON.stringify(testServer.logged), /guess \d|s3cret/);
});
