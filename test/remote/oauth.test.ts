import assert from 'node:assert/strict';
import test from 'node:test';
import { RemoteFailure } from '../../src/domain/errors.ts';
import { failure, remoteOnFakeTime, remoteServer } from './remote-server.ts';

const options = (base: string) => ({
  tokenUrl: `${base}/tenant/oauth/token`,
  clientId: 'dock',
  clientSecret: 's e:cret',
  scope: 'read',
  audience: 'api://x',
});

test('client credentials are requested once, cached, and renewed shortly before they expire', async (t) => {
  const bodies: string[] = [];
  const base = await remoteServer(t, (request, response, body) => {
    bodies.push(`${request.url} ${body}`);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ access_token: `token-${bodies.length}`, expires_in: 600 }));
  });
  const { remote, advance } = remoteOnFakeTime();
  const authorize = remote.oauth2(options(base));
  const both = await Promise.all([authorize(false), authorize(false)]);
  assert.deepEqual(both, [{ Authorization: 'Bearer token-1' }, { Authorization: 'Bearer token-1' }]);
  advance(539_000);
  assert.deepEqual(await authorize(false), { Authorization: 'Bearer token-1' });
  advance(2000);
  assert.deepEqual(await authorize(false), { Authorization: 'Bearer token-2' });
  assert.deepEqual(await authorize(true), { Authorization: 'Bearer token-3' });
  assert.match(bodies[0] ?? '', /^\/tenant\/oauth\/token .*grant_type=client_credentials/);
  assert.match(bodies[0] ?? '', /scope=read/);
  assert.match(bodies[0] ?? '', /audience=api/);
});

test('an endpoint that accepts the client only in the form is called that way after its refusal', async (t) => {
  const base = await remoteServer(t, (_request, response, body) => {
    const inForm = new URLSearchParams(body).get('client_secret') === 's e:cret';
    response.writeHead(inForm ? 200 : 401, { 'content-type': 'application/json' });
    response.end(inForm ? '{"access_token":"by-form"}' : '{"error":"invalid_client"}');
  });
  assert.deepEqual(await remoteOnFakeTime().remote.oauth2(options(base))(false), { Authorization: 'Bearer by-form' });
});

for (const [status, code] of [
  [401, 'oauth_refused'],
  [503, 'remote_unavailable'],
] as const) {
  test(`a token endpoint that answers ${status} becomes ${code} without the secret`, async (t) => {
    const base = await remoteServer(t, (_request, response) => response.writeHead(status).end('{}'));
    const error = await remoteOnFakeTime()
      .remote.oauth2(options(base))(false)
      .catch((thrown: unknown) => thrown);
    assert.ok(error instanceof RemoteFailure);
    assert.deepEqual([error.code, error.status], [code, status]);
    assert.doesNotMatch(`${error.stack}`, /cret/);
  });
}

test('a token that is cut off is a failure without status', async (t) => {
  const base = await remoteServer(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': 100 });
    response.write('{"access_token":"', () => response.destroy());
  });
  await assert.rejects(remoteOnFakeTime().remote.oauth2(options(base))(false), failure('remote_unreachable', 0));
});

test('a token endpoint that cannot be reached is a failure without status, and is called again next time', async (t) => {
  let up = false;
  const base = await remoteServer(t, (_request, response) => {
    if (!up) return response.destroy();
    return response.writeHead(200, { 'content-type': 'application/json' }).end('{"access_token":"late"}');
  });
  const authorize = remoteOnFakeTime().remote.oauth2(options(base));
  const error = await authorize(false).catch((thrown: unknown) => thrown);
  assert.ok(error instanceof RemoteFailure);
  assert.deepEqual([error.code, error.status], ['remote_unreachable', 0]);
  up = true;
  assert.deepEqual(await authorize(false), { Authorization: 'Bearer late' });
});
