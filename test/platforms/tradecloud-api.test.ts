import assert from 'node:assert/strict';
import test from 'node:test';
import { RemoteFailure, RemoteMissing } from '../../src/domain/errors.ts';
import { tradecloud } from '../../src/platforms/tradecloud/index.ts';
import { createRemote } from '../../src/remote/create-remote.ts';
import { remoteServer, silentLog } from '../remote/remote-server.ts';
import { createLimits } from '../support/limits.ts';
import { issue, logins, scene } from './tradecloud-scene.ts';
import { settings } from './tradecloud-support.ts';

test('without credentials there is no API client', () => {
  const remote = createRemote({
    limits: createLimits(),
    clock: { now: () => new Date() },
    random: () => 0.5,
    log: silentLog,
  }).forConnection('acme');
  assert.equal(tradecloud.connect(settings(), remote), null);
  assert.equal(tradecloud.connect(settings({ api: { baseUrl: 'http://127.0.0.1:1' } }), remote), null);
});

test('one login serves many concurrent fetches, and an order arrives with exactly its digits', async (t) => {
  const { api, simulation, asked } = await scene(t);
  const subjects = [issue(simulation), issue(simulation), issue(simulation)];
  const fetched = await Promise.all(subjects.map((subject) => api.fetch(subject)));
  assert.equal(logins(asked), 1);
  for (const [position, subject] of subjects.entries()) {
    assert.equal(fetched[position]?.partial, false);
    assert.equal(fetched[position]?.text, simulation.resources().find((one) => one.subject.externalId === subject.externalId)?.text);
  }
});

test('a token is refreshed a minute before it expires, and an invalid refresh token leads to a new login', async (t) => {
  const { api, simulation, asked, tools } = await scene(t);
  const subject = issue(simulation);
  await api.fetch(subject);
  tools.advance(58 * 60_000);
  await api.fetch(subject);
  assert.deepEqual([logins(asked), logins(asked, 'refresh')], [1, 0]);
  tools.advance(61_000);
  await Promise.all([api.fetch(subject), api.fetch(subject)]);
  assert.deepEqual([logins(asked), logins(asked, 'refresh')], [1, 1]);
  tools.advance(25 * 3_600_000);
  await api.fetch(subject);
  assert.deepEqual([logins(asked), logins(asked, 'refresh')], [2, 2]);
});

test('a refused token leads to one new login, and a second refusal is thrown', async (t) => {
  const { api, simulation, asked, fault } = await scene(t);
  const subject = issue(simulation);
  fault.status = 401;
  fault.path = /^\/order\//;
  await assert.rejects(api.fetch(subject), (error) => error instanceof RemoteFailure && error.status === 401);
  assert.equal(logins(asked), 2);
  assert.equal(asked.filter((call) => call.startsWith('GET /order/')).length, 2);
});

test('of several passwords the first that is accepted is used; if none is, the failure states 401 and no password', async (t) => {
  const good = await scene(t, {}, { password: ['wrong', 'right'] });
  await good.api.fetch(issue(good.simulation));
  assert.equal(logins(good.asked), 2);
  const bad = await scene(t, {}, { password: ['wrong-1', 'wrong-2'] });
  const error = await bad.api.fetch(issue(bad.simulation)).catch((thrown: unknown) => thrown);
  assert.ok(error instanceof RemoteFailure);
  assert.equal(error.status, 401);
  assert.doesNotMatch(String(error.stack), /wrong/);
});

test('an unknown order is missing, and special characters in an id are one segment', async (t) => {
  const { api, asked } = await scene(t);
  await assert.rejects(api.fetch({ kind: 'order', externalId: 'a/b c?d' }), RemoteMissing);
  assert.ok(asked.includes('GET /order/a%2Fb%20c%3Fd'));
});

test("a proxy's error page, a truncated response or another order's response is a transient failure, not an order", async (t) => {
  const { api, simulation, fault } = await scene(t);
  const subject = issue(simulation);
  await api.fetch(subject);
  for (const body of ['<html>maintenance</html>', '{"id":"x","lines":[', '[]', '{"ok":true}', '']) {
    Object.assign(fault, { status: 200, path: /^\/order\//, body });
    await assert.rejects(api.fetch(subject), (error) => error instanceof RemoteFailure && error.code === 'remote_unreadable', body);
  }
});

test('check reports what is wrong with the credentials, and compares the clocks', async (t) => {
  const good = await scene(t);
  assert.deepEqual(
    (await good.api.check()).map(({ what, ok }) => [what, ok]),
    [
      ['credentials', true],
      ['clock', true],
    ],
  );
  const bad = await scene(t, {}, { password: 'wrong' });
  const [finding] = await bad.api.check();
  assert.equal(finding?.ok, false);
  assert.doesNotMatch(finding?.text ?? '', /wrong/);
});

test("a clock that is far off is detected by the platform's API", async (t) => {
  const base = await remoteServer(t, (_request, response) => {
    response.writeHead(200, { Date: 'Sun, 01 Mar 2026 12:05:00 GMT', 'Set-Authorization': 'a.b.c' }).end();
  });
  const clock = { now: () => new Date('2026-03-01T12:00:00Z') };
  const remote = createRemote({ limits: createLimits(), clock, random: () => 0.5, log: silentLog }).forConnection('acme');
  const api = tradecloud.connect(settings({ api: { baseUrl: base, username: 'u', password: 'p' } }), remote);
  const finding = (await api?.check())?.find(({ what }) => what === 'clock');
  assert.equal(finding?.ok, false);
  assert.match(finding?.text ?? '', /300 s behind/);
});

const remoteAtNoon = () => {
  const clock = { now: () => new Date('2026-03-01T12:00:00Z') };
  return createRemote({ limits: createLimits(), clock, random: () => 0.5, log: silentLog }).forConnection('acme');
};

test('client credentials are used instead of the login if they are configured', async (t) => {
  const seen: string[] = [];
  const base = await remoteServer(t, (request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers.authorization?.split(' ')[0]}`);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(request.url === '/token' ? '{"access_token":"t1","expires_in":600}' : '{"id":"o-1"}');
  });
  const remote = remoteAtNoon();
  const oauth2 = { tokenUrl: `${base}/token`, clientId: 'c', clientSecret: 's', scope: 'x' };
  const api = tradecloud.connect(settings({ api: { baseUrl: base, oauth2 } }), remote);
  await api?.fetch({ kind: 'order', externalId: 'o-1' });
  assert.deepEqual(seen, ['POST /token Basic', 'GET /order/o-1 Bearer']);
});

test('the next client secret is tried when the first is refused', async (t) => {
  const seen: string[] = [];
  const base = await remoteServer(t, (request, response) => {
    const credentials = Buffer.from(request.headers.authorization?.split(' ')[1] ?? '', 'base64').toString();
    const refused = request.url === '/token' && credentials !== 'c:new';
    seen.push(request.url === '/token' ? credentials : `${request.url}`);
    response.writeHead(refused ? 401 : 200, { 'content-type': 'application/json' });
    response.end(request.url === '/token' ? '{"access_token":"t1","expires_in":600}' : '{"id":"o-1"}');
  });
  const oauth2 = { tokenUrl: `${base}/token`, clientId: 'c', clientSecret: ['old', 'new'] };
  const api = tradecloud.connect(settings({ api: { baseUrl: base, oauth2 } }), remoteAtNoon());
  await api?.fetch({ kind: 'order', externalId: 'o-1' });
  assert.deepEqual([seen.at(-2), seen.at(-1)], ['c:new', '/order/o-1']);
});

test('no second contains more than ten calls, even if some take longer than others', async (t) => {
  const { api, simulation, tools } = await scene(t);
  const subject = issue(simulation);
  const wentOut: number[] = [];
  for (let count = 0; count < 30; count++) {
    await api.fetch(subject);
    wentOut.push(tools.now().getTime());
  }
  const most = Math.max(...wentOut.map((from) => wentOut.filter((at) => at >= from && at < from + 1100).length));
  assert.equal(most, 9);
});
