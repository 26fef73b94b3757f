import assert from 'node:assert/strict';
import { RemoteFailure } from '../../src/domain/errors.ts';
import { claimScheduledTick } from '../../src/jobs/claim-tick.ts';
import { startSchedule } from '../../src/jobs/scheduler.ts';
import { isInterrupted } from '../../src/reconciliation/interrupted.ts';
import { createReconciler } from '../../src/reconciliation/reconciler.ts';
import { createCredentialTrials } from '../../src/store/access/credential-trials.ts';
import { listRuns } from '../../src/store/reconciliation/list-runs.ts';
import { at, groundOf, type ReconcileTest, rows, testWithReconciler, toyOrder } from '../reconciliation/support.ts';
import { until } from '../support/until.ts';

const runsOf = (test: ReconcileTest) => listRuns(test.context.db.read, { connection: 'toy', state: null }, { before: null, limit: 10 });

/** The newest run, once there is one that has ended. */
const ended = (test: ReconcileTest) =>
  until(
    'a run has ended',
    async () => (await runsOf(test))[0],
    (run) => run?.state === 'done',
    test.log.written,
  );

testWithReconciler('a start triggers a run of every connection that has a schedule', async (test) => {
  test.connection.reconcile.schedule = '0 0 1 1 *';
  test.world.orders.set('PO1', toyOrder('PO1', at(1)));
  const schedule = startSchedule(test.context, test.reconciler, []);
  try {
    const run = await ended(test);
    assert.equal(run?.trigger, 'start');
    assert.equal(run?.counts.applied, 1);
  } finally {
    await schedule.stop();
  }
});

testWithReconciler('a connection whose schedule is false is not reconciled', async (test) => {
  const performed = Promise.withResolvers<void>();
  const duty = { name: 'tick', expression: '* * * * * *', perform: async () => performed.resolve() };
  const schedule = startSchedule(test.context, test.reconciler, [duty]);
  await performed.promise;
  await schedule.stop();
  assert.deepEqual(await runsOf(test), []);
});

testWithReconciler('a job that is due at the start runs at the start, whatever its hour, and the others do not', async (test) => {
  const performed: string[] = [];
  const job = (name: string) => ({ name, expression: '0 0 1 1 *', perform: async () => void performed.push(name) });
  const schedule = startSchedule(test.context, test.reconciler, [job('yearly'), { ...job('registrations'), atStart: true }]);
  await schedule.stop();
  assert.deepEqual(performed, ['registrations']);
});

testWithReconciler('a connection is reconciled by its own schedule', async (test) => {
  test.connection.reconcile.schedule = '* * * * * *';
  const schedule = startSchedule(test.context, test.reconciler, []);
  try {
    await until(
      'the schedule has run it',
      () => runsOf(test),
      (runs) => runs.some((run) => run.trigger === 'schedule'),
      test.log.written,
    );
  } finally {
    await schedule.stop();
  }
});

testWithReconciler('a run that another process left behind is continued', async (test) => {
  test.world.pageSize = 1;
  for (let n = 1; n <= 3; n++) test.world.orders.set(`PO${n}`, toyOrder(`PO${n}`, at(n)));
  const other = await test.another('two:0:test');
  const second = createReconciler(other.context, groundOf(test, []));
  test.world.beforePage = (page) => {
    if (page === 1) void second.stop();
  };
  const left = await second.reconcile(other.connection, 'schedule');
  await left.ended;
  await other.close();
  delete test.world.beforePage;
  test.connection.reconcile.schedule = '0 0 1 1 *';
  const schedule = startSchedule(test.context, test.reconciler, []);
  try {
    await ended(test);
    const runs = await runsOf(test);
    assert.deepEqual(
      runs.map((run) => run.id),
      [left.runId],
    );
    assert.equal(runs[0]?.counts.applied, 3);
  } finally {
    await schedule.stop();
  }
});

testWithReconciler('a scheduled job runs in one of several processes, and never twice', async (test) => {
  const other = await test.another('two:0:test');
  try {
    const noon = new Date('2026-03-01T12:00:00.000Z');
    const asked = await Promise.all([
      claimScheduledTick(test.context, 'x', noon),
      claimScheduledTick(other.context, 'x', noon),
      claimScheduledTick(test.context, 'x', noon),
    ]);
    assert.equal(asked.filter(Boolean).length, 1);
    assert.equal(await claimScheduledTick(other.context, 'x', new Date('2026-03-01T11:59:00.000Z')), false);
    assert.equal(await claimScheduledTick(other.context, 'x', new Date('2026-03-01T12:01:00.000Z')), true);
    assert.equal((await rows(test, "select * from leases where name = 'turn:x'")).length, 1);
  } finally {
    await other.close();
  }
});

testWithReconciler(
  'a run that failed because of refused credentials is repeated when they are accepted or may have been corrected, not before',
  async (test) => {
    const trials = createCredentialTrials(test.context.db);
    const refuse = () => trials.recordRefusal('toy', { message: '401', sentAt: test.clock.now(), trial: null }, test.clock.now());
    const refused = () => new RemoteFailure('platform_refuses_us', 'toy refuses our credentials', 401, 10_000);
    await refuse();
    test.world.failures = [refused()];
    assert.equal((await test.run()).state, 'failed');
    assert.equal(await isInterrupted(test.context, test.connection), false);
    test.clock.advance(3_600_000);
    assert.equal(await isInterrupted(test.context, test.connection), false, 'the end of the pause alone says nothing');
    await trials.recordAccepted('toy');
    assert.equal(await isInterrupted(test.context, test.connection), true);
    await refuse();
    assert.equal(await isInterrupted(test.context, test.connection), false);
    await test.context.access.release(null);
    assert.equal(await isInterrupted(test.context, test.connection), true);
    test.world.failures = [];
    assert.equal((await test.run()).state, 'done');
    assert.equal(await isInterrupted(test.context, test.connection), false);
  },
);
