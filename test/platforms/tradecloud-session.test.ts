import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { createSession } from '../../src/platforms/tradecloud/client/session.ts';
import { createTokenCipher } from '../../src/platforms/tradecloud/client/token-cipher.ts';
import { tradecloud } from '../../src/platforms/tradecloud/index.ts';
import { createPlatformContext } from '../conformance/platform-context.ts';
import { remoteOnFakeTime, remoteServer } from '../remote/remote-server.ts';
import { testOnEngines } from '../support/engines.ts';

testOnEngines('all processes of a database share one login, and no token is stored in plain text', async (t, engine) => {
  const place = await createPlatformContext(engine, tradecloud);
  t.after(() => place.close());
  const [sent] = await place.happen('OrderIssuedByBuyer');
  const subject = sent?.webhook.subject;
  assert.ok(subject);
  const { settings, name } = place.connection;
  const process = () => tradecloud.connect(settings, place.context.remote.forConnection(name));
  const logins = () => place.asked.filter((text) => text.includes('/authentication/login')).length;
  const [web, worker] = [process(), process()];
  await Promise.all([web?.fetch(subject), worker?.fetch(subject)]);
  const before = logins();
  assert.equal(before, 1);

  // A separate login, as by `orderdock check`, invalidates the token of the others: they use the new one.
  const findings = await process()?.check();
  assert.equal(findings?.find(({ what }) => what === 'credentials')?.ok, true);
  for (const api of [web, worker]) await api?.fetch(subject);
  assert.equal(logins(), before + 1);

  const rows = await place.context.db.read.all<{ sealed: string }>('select sealed from sessions');
  assert.equal(rows.length, 1);
  assert.doesNotMatch(rows[0]?.sealed ?? '', /simulated|eyJ/);
  const { username, password, baseUrl } = (settings as { api?: { username: string; password: string[]; baseUrl: string } }).api ?? {};
  const opened = await createTokenCipher(`${baseUrl} ${username}`, password ?? []).decrypt(rows[0]?.sealed ?? null);
  assert.match(opened ?? '', /"access":"eyJ/);
  assert.equal(await createTokenCipher(`${baseUrl} ${username}`, ['another password']).decrypt(rows[0]?.sealed ?? null), null);
});

test('a session that was encrypted for another account, changed or truncated is not decrypted; any of several passwords decrypts it', async () => {
  const encrypted = await createTokenCipher('https://one.example user', ['new', 'old']).encrypt('{"access":"secret"}');
  const open = (account: string, passwords: string[], text: string) => createTokenCipher(account, passwords).decrypt(text);
  assert.equal(await open('https://one.example user', ['newer', 'new'], encrypted), '{"access":"secret"}');
  for (const [account, text] of [
    ['https://two.example user', encrypted],
    ['https://one.example user', `${encrypted.slice(0, -4)}AAAA`],
    ['https://one.example user', encrypted.slice(0, 20)],
    ['https://one.example user', ''],
  ] as const)
    assert.equal(await open(account, ['new'], text), null);
});

const answering = (t: TestContext, headers: Record<string, string>) =>
  remoteServer(t, (_request, response) => response.writeHead(200, headers).end('{"status":"authenticated"}'));

test('the token headers are read in capitals and in lower case, with and without a scheme', async (t) => {
  for (const headers of [
    { 'Set-Authorization': 'Bearer token-1', 'Set-Refresh-Token': 'refresh-1' },
    { 'set-authorization': 'token-1', 'set-refresh-token': 'refresh-1' },
    { 'SET-AUTHORIZATION': 'bearer token-1', 'SET-REFRESH-TOKEN': 'refresh-1' },
  ]) {
    const baseUrl = await answering(t, headers);
    const session = createSession({ baseUrl, username: 'u', passwords: ['p'] }, remoteOnFakeTime().remote);
    assert.deepEqual(await session.authorize(false), { Authorization: 'Bearer token-1' });
  }
});
