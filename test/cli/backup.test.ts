import assert from 'node:assert/strict';
import { copyFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { all, settled, startService } from '../faults/service.ts';
import { eventOf, sendTraffic } from '../faults/traffic.ts';
import { ENGINES } from '../support/engines.ts';
import { place, run } from './run.ts';

if (ENGINES.includes('sqlite')) {
  test('a backup taken under load is complete, and can be restored', async (t) => {
    const service = await startService(t);
    const traffic = sendTraffic([service], 5, 10);
    assert.equal((await service.post(eventOf(90, 1))).status, 202);
    await settled(service);
    const path = join(service.dataDir, 'backup.db');
    const env = { DATA_DIR: service.dataDir };
    const made = await run(env, 'backup', path, '--json');
    assert.equal(made.code, 0, made.err);
    assert.equal((await stat(path)).mode & 0o077, 0);
    await traffic.done;
    assert.equal((await run(env, 'backup', path)).code, 1, 'a backup is never overwritten');

    await service.stop();
    for (const suffix of ['', '-wal', '-shm']) await rm(join(service.dataDir, `orderdock.db${suffix}`), { force: true });
    await copyFile(path, join(service.dataDir, 'orderdock.db'));
    await service.start();
    await settled(service);
    const orders = await all(service, '/orders');
    assert.ok(orders.some(({ number }) => number === 'PO90'));
    assert.equal((await service.get('/invariants')).violations, 0);
    assert.equal((await service.post(eventOf(90, 1))).status, 200, 'what the backup holds is a duplicate');
  });
}

test('backup explains what to do on PostgreSQL, and when there is nothing to back up', async (t) => {
  const here = await place(t);
  const postgres = await run({ ...here.env, DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' }, 'backup', join(here.dir, 'b.db'));
  assert.deepEqual([postgres.code, /pg_dump/.test(postgres.err)], [1, true]);
  const nothing = await run(here.env, 'backup', join(here.dir, 'b.db'));
  assert.deepEqual([nothing.code, /There is no database/.test(nothing.err)], [1, true]);
});
