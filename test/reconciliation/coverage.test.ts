import assert from 'node:assert/strict';
import { coverage } from '../../src/reconciliation/coverage.ts';
import { recordHeartbeat, recordStop } from '../../src/store/monitoring/heartbeats.ts';
import { serverError } from '../support/toy-platform.ts';
import { type ReconcileTest, testWithReconciler, toyOrder } from './support.ts';

const START = '2026-03-01T08:00:00.000Z';
const after = (seconds: number): string => new Date(Date.parse(START) + seconds * 1000).toISOString();
const spans = async (test: ReconcileTest) =>
  (await coverage(test.context, test.connection)).map(({ from, to, state, reason }) => [
    from,
    to,
    state,
    reason?.replace(/:.*/, '') ?? null,
  ]);

testWithReconciler('before the first run everything is open', async (test) => {
  assert.deepEqual(await spans(test), [[null, null, 'open', null]]);
});

testWithReconciler('a finished run proves everything up to its start; the next one continues from there', async (test) => {
  test.world.orders.set('PO1', toyOrder('PO1', after(-60)));
  const first = await test.run();
  assert.deepEqual(await spans(test), [
    [null, START, 'proven', null],
    [START, null, 'open', null],
  ]);
  assert.equal((await coverage(test.context, test.connection))[0]?.runId, first.id);
  test.clock.advance(300_000);
  await test.run();
  assert.deepEqual(await spans(test), [
    [null, after(300), 'proven', null],
    [after(300), null, 'open', null],
  ]);
});

testWithReconciler('a run that fails leaves its period unproven, and names the run; a finished one proves it', async (test) => {
  await test.run();
  test.clock.advance(300_000);
  test.world.failures = Array.from({ length: 5 }, serverError);
  const failed = await test.run();
  const told = await coverage(test.context, test.connection);
  assert.deepEqual(told[1], { from: START, to: after(300), state: 'unproven', reason: 'interrupted_run', runId: failed.id });
  await test.run();
  assert.deepEqual(
    (await spans(test)).map(([, , state]) => state),
    ['proven', 'open'],
  );
});

testWithReconciler('a downtime and rejected deliveries are unproven until a run has finished', async (test) => {
  await test.run();
  await test.context.db.write(async (sql) => {
    await recordHeartbeat(sql, 'before:1:x', true, START);
    await recordStop(sql, 'before:1:x', after(100));
    await recordHeartbeat(sql, test.context.processId, true, after(200));
    await sql.all("insert into refusals (connection, at, status, code) values ('toy', ?, 413, 'body_too_large')", [after(300)]);
    const anyone = "insert into refusals (connection, at, status, code, reason) values ('toy', ?, ?, 'any', 'not signed')";
    for (const [seconds, status] of [
      [260, 401],
      [350, 413],
    ] as const)
      await sql.all(anyone, [after(seconds), status]);
    await recordHeartbeat(sql, test.context.processId, true, after(400));
  });
  test.clock.set(after(400));
  assert.deepEqual(await spans(test), [
    [null, START, 'proven', null],
    [START, after(100), 'open', null],
    [after(100), after(200), 'unproven', 'standstill'],
    [after(200), after(240), 'open', null],
    [after(240), after(300), 'unproven', 'rejected_deliveries'],
    [after(300), null, 'open', null],
  ]);
  await test.run();
  assert.deepEqual(
    (await spans(test)).map(([, , state]) => state),
    ['proven', 'open'],
  );
});

testWithReconciler('a start that skips a period does not prove the skipped part', async (test) => {
  test.world.orders.set('PO1', toyOrder('PO1', after(-60)));
  await test.run();
  test.clock.set(after(1000));
  await test.run({ since: after(500) });
  assert.deepEqual(await spans(test), [
    [null, START, 'proven', null],
    [START, after(500), 'unproven', 'not_compared'],
    [after(500), after(1000), 'proven', null],
    [after(1000), null, 'open', null],
  ]);
  await test.run();
  assert.deepEqual(
    (await spans(test)).map(([, , state]) => state),
    ['proven', 'open'],
  );
});
