import assert from 'node:assert/strict';
import { text } from 'node:stream/consumers';
import test from 'node:test';
import { RemoteFailure, RemoteMissing, Unavailable } from '../../src/domain/errors.ts';
import type { Log } from '../../src/domain/log.ts';
import { createRemote, SILENT } from '../../src/remote/create-remote.ts';
import type { Limits } from '../../src/remote/remote.ts';
import { createLimits } from '../support/limits.ts';
import { clientOptions, farSide, remoteOnFakeTime, silentLog } from './far-side.ts';

const failure = (code: string, status: number) => (error: unknown) => {
  assert.ok(error instanceof RemoteFailure);
  assert.deepEqual([error.code, error.status], [code, status]);
  return true;
};

test('a call joins the base address, keeps the body as text and sends its authorisation', async (t) => {
  const seen: string[] = [];
  const base = await farSide(t, (request, response, body) => {
    seen.push(`${request.method} ${request.url} ${request.headers.authorization} ${request.headers['content-type']} ${body}`);
    response.end('{"price":1.10}');
  });
  const client = remoteOnFakeTime().remote.client(clientOptions(`${base}/v2/`));
  const answer = await client.call({ method: 'POST', path: '/order/poll', query: { page: 2, empty: null }, body: { limit: 100 } });
  assert.equal(answer.text, '{"price":1.10}');
  assert.deepEqual(seen, ['POST /v2/order/poll?page=2 Bearer first application/json {"limit":100}']);
});

test('an address of another origin is refused before credentials are sent', async (t) => {
  const base = await farSide(t, (_request, response) => response.end('never'));
  const client = remoteOnFakeTime().remote.client(clientOptions(base));
  await assert.rejects(client.call({ method: 'GET', path: 'http://localhost:1/steal' }), failure('remote_refused', 0));
});

test('a redirect is not followed', async (t) => {
  let calls = 0;
  const base = await farSide(t, (_request, response) => {
    calls += 1;
    response.writeHead(302, { location: '/elsewhere' }).end();
  });
  await assert.rejects(
    remoteOnFakeTime().remote.client(clientOptions(base)).call({ method: 'GET', path: '/' }),
    failure('remote_redirected', 302),
  );
  assert.equal(calls, 1);
});

test('404 and 410 mean that the resource is missing', async (t) => {
  const base = await farSide(t, (request, response) => response.writeHead(request.url === '/gone' ? 410 : 404).end());
  const client = remoteOnFakeTime().remote.client(clientOptions(base));
  await assert.rejects(client.call({ method: 'GET', path: '/gone' }), RemoteMissing);
  await assert.rejects(client.call({ method: 'GET', path: '/nothing' }), RemoteMissing);
});

test('a 401 renews the authorisation once and a second one is thrown', async (t) => {
  const given: (string | undefined)[] = [];
  const base = await farSide(t, (request, response) => {
    given.push(request.headers.authorization);
    response.writeHead(request.headers.authorization === 'Bearer new' && request.url === '/ok' ? 200 : 401).end();
  });
  const authorize = async (renew: boolean) => ({ Authorization: renew ? 'Bearer new' : 'Bearer old' });
  const client = remoteOnFakeTime().remote.client(clientOptions(base, { authorize }));
  assert.equal((await client.call({ method: 'GET', path: '/ok' })).status, 200);
  await assert.rejects(client.call({ method: 'GET', path: '/closed' }), failure('platform_refuses_us', 401));
  assert.deepEqual(given, ['Bearer old', 'Bearer new', 'Bearer old', 'Bearer new']);
});

/** A clock that only moves when it is told to; waits take the time they take. */
function fakeTime() {
  let nowMs = Date.parse('2026-03-01T12:00:00Z');
  return {
    clock: { now: () => new Date(nowMs) },
    advance: (ms: number) => {
      nowMs += ms;
    },
  };
}

test('a late 401 for an old token causes no second renewal, nor do many concurrent ones', async (t) => {
  let token = 1;
  const late: (() => void)[] = [];
  const base = await farSide(t, (request, response) => {
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
  const base = await farSide(t, (_request, response) => {
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

test('a 429 without a time pauses the limit longer with each one in a row, and a given time is honoured for an hour at most', async (t) => {
  const answers = [429, 429, 200, 429];
  const base = await farSide(t, (request, response) =>
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
  const base = await farSide(t, (request, response) => {
    const date = request.url === '/date';
    response.setHeader('date', 'Tue, 01 Jan 2030 00:00:00 GMT');
    response.writeHead(503, { 'retry-after': date ? 'Tue, 01 Jan 2030 00:00:42 GMT' : '7' }).end();
  });
  const client = remoteOnFakeTime().remote.client(clientOptions(base));
  const waitOf = (path: string) => client.call({ method: 'GET', path }).catch((error: RemoteFailure) => error.retryAfterMs);
  assert.equal(await waitOf('/seconds'), 7000);
  assert.equal(await waitOf('/date'), 42_000);
});

test('no response within the timeout is a failure without status', async (t) => {
  const base = await farSide(t, () => {});
  const client = remoteOnFakeTime().remote.client(clientOptions(base, { timeoutMs: 20 }));
  await assert.rejects(client.call({ method: 'GET', path: '/slow' }), failure('remote_timeout', 0));
});

test('an error for an unreachable remote contains neither query nor credentials, including its causes', async () => {
  const client = remoteOnFakeTime().remote.client(
    clientOptions('http://127.0.0.1:1', { authorize: async () => ({ Authorization: 'Bearer hush' }) }),
  );
  const error = await client.call({ method: 'GET', path: '/x', query: { token: 'hush' } }).catch((thrown: unknown) => thrown);
  assert.ok(error instanceof RemoteFailure);
  assert.equal(error.code, 'remote_unreachable');
  assert.doesNotMatch(`${error.stack} ${JSON.stringify(error)} ${JSON.stringify(error.cause)} ${error.cause}`, /hush/);
});

test('an exhausted limit is waited for up to the maximum wait, and rejected with its time beyond it', async (t) => {
  const base = await farSide(t, (_request, response) => response.end('{}'));
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
  const base = await farSide(t, (_request, response) => response.end('{}'));
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
  const base = await farSide(t, (_request, response) => {
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
  const base = await farSide(t, (request, response) => {
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

test('five failures in a row open the circuit and one successful response closes it again', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.parse('2026-03-01T12:00:00Z') });
  let calls = 0;
  let healthy = false;
  const base = await farSide(t, (_request, response) => {
    calls += 1;
    response.writeHead(healthy ? 200 : 500).end();
  });
  const client = remoteOnFakeTime().remote.client(clientOptions(base));
  for (let i = 0; i < 4; i++) await assert.rejects(client.call({ method: 'GET', path: '/' }), failure('remote_unavailable', 500));
  // Down: what was asked for is not to blame.
  await assert.rejects(client.call({ method: 'GET', path: '/' }), failure('circuit_open', 0));
  assert.equal(client.circuit(), 'open');
  const refused = await client.call({ method: 'GET', path: '/' }).catch((error: RemoteFailure) => error);
  assert.ok(refused instanceof RemoteFailure);
  assert.equal(refused.code, 'circuit_open');
  assert.ok(refused.retryAfterMs !== null && refused.retryAfterMs > 1000 && refused.retryAfterMs <= 2000);
  assert.equal(calls, 5);
  t.mock.timers.tick(2000);
  healthy = true;
  await client.call({ method: 'GET', path: '/' });
  assert.equal(client.circuit(), 'closed');
});

test('4xx responses never open the circuit, and end a series of failures', async (t) => {
  let calls = 0;
  const base = await farSide(t, (_request, response) => {
    calls += 1;
    response.writeHead(calls === 5 ? 404 : calls > 9 ? 400 : 503).end();
  });
  const client = remoteOnFakeTime().remote.client(clientOptions(base));
  for (let i = 0; i < 20; i++) await assert.rejects(client.call({ method: 'GET', path: '/' }), RemoteFailure);
  assert.equal(calls, 20);
  assert.equal(client.circuit(), 'closed');
});

test('a body is opened as a stream, with the authorisation only when requested', async (t) => {
  const seen: (string | undefined)[] = [];
  const base = await farSide(t, (request, response) => {
    seen.push(request.headers.authorization);
    if (request.url === '/refused') response.writeHead(403).end('expired');
    else response.writeHead(200, { 'content-type': 'application/pdf' }).end('%PDF');
  });
  const client = remoteOnFakeTime().remote.client(clientOptions(base));
  const plain = await client.open(`${base}/file`);
  assert.deepEqual([plain.status, plain.headers['content-type'], await text(plain.content)], [200, 'application/pdf', '%PDF']);
  assert.equal(await text((await client.open('/file', { authorized: true })).content), '%PDF');
  await assert.rejects(client.open(`${base}/refused`), failure('remote_forbidden', 403));
  assert.deepEqual(seen, [undefined, 'Bearer first', undefined]);
});

test('a body that breaks off in the middle fails its stream', async (t) => {
  const base = await farSide(t, (_request, response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('half');
    setImmediate(() => response.destroy());
  });
  const { content } = await remoteOnFakeTime().remote.client(clientOptions(base)).open(`${base}/file`);
  await assert.rejects(text(content));
});

test('a call leaves one log line without query, body or credentials', async (t) => {
  const base = await farSide(t, (_request, response) => response.end('{"secret":"hush"}'));
  const lines: string[] = [];
  const log: Log = { ...silentLog, debug: (event, fields) => void lines.push(JSON.stringify({ event, ...fields })) };
  await remoteOnFakeTime(log)
    .remote.client(clientOptions(base))
    .call({ method: 'GET', path: '/x', query: { key: 'hush' } });
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? '', /"status":200/);
  assert.doesNotMatch(lines[0] ?? '', /hush|Bearer/);
});

test('a plain call returns any status as a response', async (t) => {
  const base = await farSide(t, (_request, response) => response.writeHead(401, { 'X-Why': 'no' }).end('closed'));
  const answer = await remoteOnFakeTime().remote.plain({ baseUrl: base, method: 'GET', path: '/login', timeoutMs: 1000 });
  assert.deepEqual([answer.status, answer.headers['x-why'], answer.text], [401, 'no', 'closed']);
});

test('if the stored limits cannot be read, the error is passed on and nothing is sent', async (t) => {
  let calls = 0;
  const base = await farSide(t, (_request, response) => {
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
