import assert from 'node:assert/strict';
import test from 'node:test';
import pg from 'pg';
import { createTestDatabase, ENGINES } from '../support/engines.ts';
import { until } from '../support/until.ts';
import { startPostgres } from './postgres.ts';
import { settled, startService } from './service.ts';
import { proveAll, sendTraffic } from './traffic.ts';

const onPostgres = ENGINES.includes('postgres') ? test : () => {};

onPostgres('two processes on one database receive the same stream: each event is accepted by exactly one', async (t) => {
  const database = await createTestDatabase('postgres');
  t.after(database.drop);
  const one = await startService(t, { databaseUrl: database.url });
  const two = await startService(t, { databaseUrl: database.url });
  const [orders, events] = [8, 8];
  const traffic = sendTraffic([one, two], orders, events, true);
  await traffic.done;
  const count = (status: number) => traffic.answers.filter((answer) => answer.status === status).length;
  assert.deepEqual([count(202), count(200)], [orders * events, orders * events]);
  await settled(one);
  await proveAll(two, traffic, orders, events);
});

onPostgres('while the database is stopped or hangs the answer is 503, and everything continues when it returns', async (t) => {
  const postgres = await startPostgres(t);
  const service = await startService(t, { databaseUrl: postgres.url });
  const [orders, events] = [6, 20];
  const traffic = sendTraffic([service], orders, events);
  await until(
    'requests are answered',
    async () => traffic.answers.length,
    (count) => count >= 40,
  );
  await postgres.stop();
  const refused = await service.post('{"eventName":"Probe"}');
  assert.equal(refused.status, 503);
  assert.deepEqual([await service.health('ready'), await service.health('live')], [503, 200]);
  await postgres.start();
  await traffic.done;
  // It hangs until it is answered: that there is an answer shows that the service does not wait for it.
  postgres.hang();
  const asked = await Promise.all([service.post('{"eventName":"Probe"}'), service.health('ready'), service.health('live')]);
  postgres.goOn();
  assert.deepEqual([asked[0].status, asked[1], asked[2]], [503, 503, 200]);
  await until(
    'the service is ready',
    () => service.health('ready'),
    (status) => status === 200,
  );
  await settled(service);
  await proveAll(service, traffic, orders, events);
  assert.ok(
    !service
      .logged()
      .split('\n')
      .some((line) => line !== '' && !line.startsWith('{')),
    'all that is logged is JSON',
  );
});

onPostgres('if its connections are cut again and again, nothing is lost and nothing is applied twice', async (t) => {
  const database = await createTestDatabase('postgres');
  t.after(database.drop);
  const service = await startService(t, { databaseUrl: database.url });
  const [orders, events] = [6, 20];
  const traffic = sendTraffic([service], orders, events);
  const knife = new pg.Client({ connectionString: database.url });
  await knife.connect();
  try {
    for (let cut = 0; cut < 5; cut++) {
      const next = traffic.answers.length + 15;
      await until(
        'more requests are answered',
        async () => traffic.answers.length,
        (count) => count >= next,
      );
      await knife.query(
        'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
      );
    }
  } finally {
    await knife.end();
  }
  await traffic.done;
  await settled(service);
  await proveAll(service, traffic, orders, events);
});
