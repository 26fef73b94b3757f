import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { processName } from '../../src/domain/values/process-name.ts';
import { createRemote } from '../../src/remote/create-remote.ts';
import { createRateLimits } from '../../src/store/access/rate-limits.ts';
import { openDatabase } from '../../src/store/engine/database.ts';
import { acquireLease } from '../../src/store/engine/leases.ts';
import { manualClock } from '../support/clock.ts';
import { createTestDatabase, testOnEngines } from '../support/engines.ts';
import { clientOptions, remoteServer, silentLog } from './remote-server.ts';

const YEAR_SECONDS = '31536000';
const HOUR_MS = 3_600_000;

testOnEngines('a 429 pauses every process for as long as the remote asks, at most an hour, also across restarts', async (t, engine) => {
  const { url, drop } = await createTestDatabase(engine);
  t.after(drop);
  const clock = manualClock();
  const calls: (string | undefined)[] = [];
  const base = await remoteServer(t, (request, response) => {
    calls.push(request.url);
    response.writeHead(calls.length === 1 ? 429 : 200, { 'retry-after': YEAR_SECONDS }).end('{}');
  });
  const start = async (name: string) => {
    const db = await openDatabase(url);
    const limits = createRateLimits(db, name, () => clock.now());
    const remote = createRemote({ limits, clock, random: () => 0.5, log: silentLog }).forConnection('acme');
    const budgets = ['single', 'list'].map((budget) => ({ name: budget, calls: 24, perMs: 60_000 }));
    const client = remote.client(clientOptions(base, { budgets }));
    const call = (path: string, budget = 'single') =>
      client.call({ method: 'GET', path, budgets: [budget], maxWaitMs: 0 }).then(
        () => 'done',
        (error: { code: string; retryAfterMs: number }) => [error.code, error.retryAfterMs],
      );
    return { call, close: () => db.close() };
  };
  const [one, other] = [await start('one'), await start('other')];
  try {
    assert.deepEqual(await one.call('/1'), ['remote_rate_limited', HOUR_MS]);
    clock.advance(1000);
    assert.deepEqual(await other.call('/2'), ['rate_limited_here', HOUR_MS - 1000]);
    const restarted = await start('one again');
    assert.deepEqual(await restarted.call('/3'), ['rate_limited_here', HOUR_MS - 1000]);
    await restarted.close();
    assert.equal(await other.call('/list', 'list'), 'done', 'another budget does not rest');
    clock.advance(HOUR_MS - 1000);
    assert.equal(await other.call('/4'), 'done');
    assert.deepEqual(calls, ['/1', '/list', '/4']);
  } finally {
    await Promise.all([one.close(), other.close()]);
  }
});

testOnEngines('the turn of a process that was killed is taken over at once', async (t, engine) => {
  const { url, drop } = await createTestDatabase(engine);
  const db = await openDatabase(url);
  t.after(async () => {
    await db.close();
    await drop();
  });
  const killed = spawn('true');
  await once(killed, 'exit');
  const owner = processName('here', killed.pid ?? 0, 'a');
  const clock = manualClock();
  await db.write((sql) => acquireLease(sql, { name: 'session:acme', owner, until: '2100-01-01T00:00:00.000Z' }, clock.now().toISOString()));
  const limits = createRateLimits(db, processName('here', process.pid, 'b'), () => clock.now());
  assert.equal(await limits.alone('session:acme', async () => 'signed in'), 'signed in');
});
