import assert from 'node:assert/strict';
import { readGaps } from '../../src/store/reconciliation/list-runs.ts';
import { lastRun, testWithReconciler, toyOrder } from './support.ts';

testWithReconciler('a platform whose clock is far ahead does not hide that its delivery was rejected', async (run) => {
  const ahead = new Date(run.clock.now().getTime() + 3_600_000).toISOString();
  run.world.orders.set('PO1', toyOrder('PO1', ahead));
  await run.context.db.write((sql) =>
    sql.all("insert into refusals (connection, at, status, code) values ('toy', ?, 401, 'unauthorized')", [run.clock.now().toISOString()]),
  );
  run.clock.advance(5000);
  await run.run();
  const gaps = await readGaps(run.context.db.read, (await lastRun(run)).id);
  assert.deepEqual(
    gaps.map((gap) => gap.cause),
    ['rejected'],
  );
});

testWithReconciler('a rejected request explains the change that it follows, and no other', async (run) => {
  const start = run.clock.now().getTime();
  const after = (seconds: number) => new Date(start + seconds * 1000).toISOString();
  for (const [n, seconds] of [0, 60, 120].entries()) run.world.orders.set(`PO${n}`, toyOrder(`PO${n}`, after(seconds)));
  await run.context.db.write((sql) =>
    sql.all("insert into refusals (connection, at, status, code) values ('toy', ?, 401, 'unauthorized')", [after(61)]),
  );
  run.clock.advance(180_000);
  await run.run();
  const gaps = await readGaps(run.context.db.read, (await lastRun(run)).id);
  assert.deepEqual(
    gaps.map((gap) => [gap.externalId, gap.cause]),
    [
      ['PO0', 'never_delivered'],
      ['PO1', 'rejected'],
      ['PO2', 'never_delivered'],
    ],
  );
});
