import assert from 'node:assert/strict';
import test from 'node:test';
import { createRemote, SILENT } from '../../src/remote/create-remote.ts';
import { createLimits } from '../support/limits.ts';
import { clientOptions, failure, fakeTime, remoteOnFakeTime, remoteServer, silentLog } from './remote-server.ts';

test('a 401 renews the authorisation once and a second one is thrown', async (t) => {
  const given: (string | undefined)[] = [];
  const base = await remoteServer(t, (request, response) => {
    given.push(request.headers.authorization);
    response.writeHead(request.headers.authorization === 'Bearer new' && request.url === '/ok' ? 200 : 401).end();
  });
  const authorize = async (renew: boolean) => ({ Authorization: renew ? 'Bearer new' : 'Bearer old' });
  const client = remoteOnFakeTime().remote.client(clientOptions(base, { authorize }));
  assert.equal((await client.call({ method: 'GET', path: '/ok' })).status, 200);
  await assert.rejects(client.call({ method: 'GET', path: '/closed' }), failure('platform_refuses_us', 401));
  assert.deepEqual(given, ['Bearer old', 'Bearer new', 'Bearer old', 'Bearer new']);
});

test('a late 401 for an old token causes no second renewal, nor do many concurrent ones', async (t) => {
  let token = 1;
  const late: (() => void)[] = [];
  const base = await remoteServer(t, (request, response) => {
    const answer = () => response.writeHead(request.headers.authorization === 'Bearer 1' ? 401 : 200).end();
    if (request.url === '/late' && late.length === 0) late.push(answer);
    else answer();
  });
  const renewals: number[] = [];
  const authorize = async (renew: boolean) => {
    if (renew) renewals.push(++token);
    return { Authorization: `Bearer ${token}` };
  };
  const client = remoteOnFakeTime().remote.client(clientOptions(base, { authorize }));
  const get = (path: string) => client.call({ method: 'GET', path });
  const last = get('/late');
  await Promise.all([get('/a'), get('/b'), get('/c')]);
  late[0]?.();
  assert.deepEqual([(await last).status, renewals], [200, [2]]);
});

test('refused credentials pause all calls: one tries them, with growing delays, and the first success resumes all', async (t) => {
  let right = false;
  let calls = 0;
  const base = await remoteServer(t, (_request, response) => {
    calls += 1;
    response.writeHead(right ? 200 : 401).end();
  });
  const seen: string[] = [];
  const { clock, advance } = fakeTime();
  const observer = {
    ...SILENT,
    credentialsRefused: (connection: string, message: string, pauseMs: number) =>
      seen.push(`${connection} ${pauseMs} ${message.replace(base, '')}`),
    credentialsAccepted: (connection: string) => seen.push(`${connection} accepted`),
  };
  const dependencies = { limits: createLimits(), clock, random: () => 0.5, log: silentLog, observer };
  const client = createRemote(dependencies).forConnection('acme').client(clientOptions(base));
  const callMany = () => Promise.allSettled(Array.from({ length: 10 }, (_, at) => client.call({ method: 'GET', path: `/${at}` })));
  const codes = (settled: PromiseSettledResult<unknown>[]) =>
    new Set(settled.map((one) => (one.status === 'rejected' ? one.reason.code : 'done')));
  for (let second = 0; second < 60; second++, advance(1000)) assert.deepEqual([...codes(await callMany())], ['platform_refuses_us']);
  assert.ok(calls <= 6, `${calls} calls in the first minute`);
  right = true;
  advance(3_600_000);
  assert.deepEqual([...codes(await callMany())], ['done']);
  assert.deepEqual(
    seen.map((line) => line.replace(/ GET.*/, '')),
    ['acme 10000', 'acme 20000', 'acme 40000', 'acme accepted'],
  );
});
