import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { createSession } from '../../src/platforms/tradecloud/client/session.ts';
import { createRemote, SILENT } from '../../src/remote/create-remote.ts';
import type { Remote, RemoteClient } from '../../src/remote/remote.ts';
import { createCredentialTrials } from '../../src/store/access/credential-trials.ts';
import { createRateLimits } from '../../src/store/access/rate-limits.ts';
import { createSessions } from '../../src/store/access/sessions.ts';
import { openDatabase } from '../../src/store/engine/database.ts';
import { manualClock } from '../support/clock.ts';
import { createTestDatabase, type Engine, testOnEngines } from '../support/engines.ts';
import { clientOptions, remoteServer, silentLog } from './remote-server.ts';

const PROCESSES = 4;
const CALLS_AT_ONCE = 5;

/** A platform that refuses everything until changed, and several processes on one database that call it. */
async function stage(t: TestContext, engine: Engine, clientOf: (base: string, remote: Remote) => RemoteClient) {
  const { url, drop } = await createTestDatabase(engine);
  const clock = manualClock();
  const platform = { accepts: false, calls: 0 };
  const callTimes: number[] = [];
  const base = await remoteServer(t, (request, response) => {
    platform.calls += 1;
    callTimes.push(clock.now().getTime());
    const headers =
      platform.accepts && request.url?.includes('/authentication/') ? { 'set-authorization': `Bearer ${'t'.repeat(20)}` } : {};
    response.writeHead(platform.accepts ? 200 : 401, headers).end();
  });
  const databases = await Promise.all(Array.from({ length: PROCESSES }, () => openDatabase(url)));
  t.after(async () => {
    for (const db of databases) await db.close();
    await drop();
  });
  const accepted: number[] = [];
  const start = (position: number) => {
    const db = databases[position] as (typeof databases)[number];
    const remote = createRemote({
      limits: createRateLimits(db, `process-${position}`, () => clock.now()),
      sessions: createSessions(db, () => clock.now()),
      trials: createCredentialTrials(db),
      clock,
      random: () => 0.5,
      log: silentLog,
      // Waiting takes no real time here: only the test moves the clock.
      sleep: async () => void (await new Promise(setImmediate)),
      observer: { ...SILENT, credentialsAccepted: () => void accepted.push(position) },
    });
    return clientOf(base, remote.forConnection('acme'));
  };
  const clients = databases.map((_db, position) => start(position));
  const callAll = async () => {
    const many = clients.flatMap((client) => Array.from({ length: CALLS_AT_ONCE }, () => client.call({ method: 'GET', path: '/order/1' })));
    const settled = await Promise.allSettled(many);
    return new Set(settled.map((one) => (one.status === 'rejected' ? one.reason.code : 'done')));
  };
  return {
    ...{ clock, platform, accepted, callTimes, callAll },
    trials: createCredentialTrials(databases[0] as (typeof databases)[number]),
    restart(position: number) {
      clients[position] = start(position);
    },
  };
}

const ways: Record<string, (base: string, remote: Remote) => RemoteClient> = {
  'a key': (base, remote) => remote.client(clientOptions(base)),
  'a login that they share': (base, remote) => {
    const session = createSession({ baseUrl: base, username: 'dock', passwords: ['wrong'] }, remote);
    return remote.client(clientOptions(base, { authorize: session.authorize }));
  },
};

const REFUSED_OR_WAITING: ReadonlySet<string> = new Set(['platform_refuses_us', 'rate_limited_here']);

for (const [way, clientOf] of Object.entries(ways)) {
  testOnEngines(`${way}, refused: all processes together try it at most six times a minute`, async (t, engine) => {
    const here = await stage(t, engine, clientOf);
    // Waiting for the trial of another process takes no time on this clock, so it may end before the trial does.
    for (let second = 0; second < 60; second++, here.clock.advance(1000))
      for (const code of await here.callAll()) assert.ok(REFUSED_OR_WAITING.has(code), code);
    assert.ok(here.platform.calls >= 2 && here.platform.calls <= 6, `${here.platform.calls} calls in the first minute`);

    // One success in any process lets all of them continue immediately.
    here.platform.accepts = true;
    here.clock.advance(3_600_000);
    let codes = await here.callAll();
    for (; codes.has('rate_limited_here'); here.clock.advance(5000)) codes = await here.callAll();
    assert.deepEqual([...codes], ['done']);
    assert.deepEqual(here.accepted.toSorted(), [0, 1, 2, 3]);
  });
}

testOnEngines('processes that restart or reload continually try refused credentials six times a minute', async (t, engine) => {
  const here = await stage(t, engine, ways['a key'] as (typeof ways)[string]);
  const fromMs = here.clock.now().getTime();
  while (here.clock.now().getTime() < fromMs + 180_000) {
    for (let position = 0; position < PROCESSES; position++) here.restart(position);
    await here.trials.liftPauses();
    await here.callAll();
    here.clock.advance(5000);
  }
  assert.ok(here.callTimes.length >= 6);
  for (const atMs of here.callTimes) {
    const inMinute = here.callTimes.filter((other) => other >= atMs && other < atMs + 60_000).length;
    assert.ok(inMinute <= 6, `${inMinute} calls in a minute`);
  }
});
