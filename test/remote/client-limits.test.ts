import assert from 'node:assert/strict';
import test from 'node:test';
import { RemoteFailure, Unavailable } from '../../src/domain/errors.ts';
import { createRemote } from '../../src/remote/create-remote.ts';
import type { Limits } from '../../src/remote/remote.ts';
import { clientOptions, failure, remoteOnFakeTime, remoteServer, silentLog } from './remote-server.ts';

test('a 429 without a time pauses the limit longer with each one in a row, and a given time is honoured for an hour at most', async (t) => {
  const answers = [429, 429, 200, 429];
  const base = await remoteServer(t, (request, response) =>
    response
      .writeHead(request.url === '/year' ? 429 : (answers.shift() ?? 200), request.url === '/year' ? { 'retry-after': '31536000' } : {})
      .end(),
  );
  const { remote, sleeps } = remoteOnFakeTime();
  const client = remote.client(clientOptions(base));
  const waits: unknown[] = [];
  for (const path of ['/', '/', '/', '/', '/year']) {
    waits.push(
      await client.call({ method: 'GET', path }).then(
        () => 'done',
        (error: RemoteFailure) => error.retryAfterMs,
      ),
    );
  }
  assert.deepEqual(
    [waits, sleeps],
    [
      [1000, 2000, 'done', 1000, 3_600_000],
      [1000, 2000, 1000],
    ],
  );
});

test('Retry-After is read in seconds and as a date by the remote clock', async (t) => {
  const base = await remoteServer(t, (request, response) => {
    const date = request.url === '/date';
    response.setHeader('date', 'Tue, 01 Jan 2030 00:00:00 GMT');
    response.writeHead(503, { 'retry-after': date ? 'Tue, 01 Jan 2030 00:00:42 GMT' : '7' }).end();
  });
  const client = remoteOnFakeTime().remote.client(clientOptions(base));
  const waitOf = (path: string) => client.call({ method: 'GET', path }).catch((error: RemoteFailure) => error.retryAfterMs);
  assert.equal(await waitOf('/seconds'), 7000);
  assert.equal(await waitOf('/date'), 42_000);
});

test('an exhausted limit is waited for up to the maximum wait, and rejected with its time beyond it', async (t) => {
  const base = await remoteServer(t, (_request, response) => response.end('{}'));
  const { remote, sleeps } = remoteOnFakeTime();
  const client = remote.client(clientOptions(base, { budgets: [{ name: 'single', calls: 1, perMs: 3000 }] }));
  await client.call({ method: 'GET', path: '/1' });
  await client.call({ method: 'GET', path: '/2' });
  assert.deepEqual(sleeps, [3000]);
  const refused = await client.call({ method: 'GET', path: '/3', maxWaitMs: 1000 }).catch((error: RemoteFailure) => error);
  assert.ok(refused instanceof RemoteFailure);
  assert.deepEqual([refused.code, refused.status, refused.retryAfterMs], ['rate_limited_here', 0, 3000]);
});

test('a call counts against the limits it names and no others', async (t) => {
  const base = await remoteServer(t, (_request, response) => response.end('{}'));
  const { remote, sleeps } = remoteOnFakeTime();
  const budgets = [
    { name: 'single', calls: 1, perMs: 60_000 },
    { name: 'list', calls: 5, perMs: 60_000 },
  ];
  const client = remote.client(clientOptions(base, { budgets }));
  await client.call({ method: 'GET', path: '/1', budgets: ['single'] });
  await client.call({ method: 'GET', path: '/list', budgets: ['list'] });
  await assert.rejects(client.call({ method: 'GET', path: '/2', budgets: ['single'] }), failure('rate_limited_here', 0));
  assert.deepEqual(sleeps, []);
});

test('after a 429 nothing is sent against that limit until the remote allows it', async (t) => {
  let calls = 0;
  const base = await remoteServer(t, (_request, response) => {
    calls += 1;
    response.writeHead(calls === 1 ? 429 : 200, { 'retry-after': '60' }).end('{}');
  });
  const { remote, advance } = remoteOnFakeTime();
  const client = remote.client(clientOptions(base, { budgets: [{ name: 'single', calls: 24, perMs: 60_000 }] }));
  await assert.rejects(client.call({ method: 'GET', path: '/1' }), failure('remote_rate_limited', 429));
  await assert.rejects(client.call({ method: 'GET', path: '/2' }), failure('rate_limited_here', 0));
  assert.equal(calls, 1);
  advance(60_000);
  assert.equal((await client.call({ method: 'GET', path: '/3' })).status, 200);
});

test('a sequential client has one call in progress, and fetches overtake waiting reconciliation', async (t) => {
  let underWay = 0;
  let most = 0;
  const order: string[] = [];
  const base = await remoteServer(t, (request, response) => {
    underWay += 1;
    most = Math.max(most, underWay);
    order.push(String(request.url));
    setImmediate(() => {
      underWay -= 1;
      response.end('{}');
    });
  });
  const client = remoteOnFakeTime().remote.client(clientOptions(base, { sequential: true }));
  await Promise.all([
    client.call({ method: 'GET', path: '/first' }),
    client.call({ method: 'GET', path: '/page-1', priority: 'reconcile' }),
    client.call({ method: 'GET', path: '/page-2', priority: 'reconcile' }),
    client.call({ method: 'GET', path: '/fetch' }),
  ]);
  assert.equal(most, 1);
  assert.deepEqual(order, ['/first', '/fetch', '/page-1', '/page-2']);
});

test('if the stored limits cannot be read, the error is passed on and nothing is sent', async (t) => {
  let calls = 0;
  const base = await remoteServer(t, (_request, response) => {
    calls += 1;
    response.end('{}');
  });
  const limits: Limits = {
    enter: async () => {
      throw new Unavailable('database_unavailable', 'down');
    },
    pause: async () => {},
    alone: (_name, work) => work(),
  };
  const remote = createRemote({ limits, clock: { now: () => new Date() }, random: () => 0.5, log: silentLog });
  const client = remote.forConnection('acme').client(clientOptions(base, { budgets: [{ name: 'all', calls: 1, perMs: 1000 }] }));
  await assert.rejects(client.call({ method: 'GET', path: '/' }), Unavailable);
  assert.equal(calls, 0);
});
