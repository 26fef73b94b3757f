import assert from 'node:assert/strict';
import { createReconciler } from '../../src/reconciliation/reconciler.ts';
import { serverError } from '../support/toy-platform.ts';
import { at, groundOf, lastRun, rows, testWithReconciler, toyOrder } from './support.ts';

testWithReconciler('a process that stops in the middle leaves its run to another, which continues it from its page', async (test) => {
  test.world.pageSize = 2;
  for (let n = 1; n <= 6; n++) test.world.orders.set(`PO${n}`, toyOrder(`PO${n}`, at(n)));
  test.world.beforePage = (page) => {
    if (page === 1) void test.reconciler.stop();
  };
  const { runId, ended } = await test.reconciler.reconcile(test.connection, 'schedule');
  await ended;
  const before = await lastRun(test);
  assert.equal(before.state, 'running');
  delete test.world.beforePage;
  const other = await test.another('two:0:test');
  const second = createReconciler(other.context, groundOf(test, []));
  try {
    const begun = await second.reconcile(other.connection, 'start');
    await begun.ended;
    assert.equal(begun.runId, runId);
    const after = await lastRun(test);
    assert.equal(after.state, 'done');
    assert.equal(after.counts.applied, 6);
    assert.equal(after.counts.seen, 6);
  } finally {
    await second.stop();
    await other.close();
  }
});

testWithReconciler('a request during a run in another process returns that run', async (test) => {
  const other = await test.another('two:0:test');
  const second = createReconciler(other.context, groundOf(test, []));
  try {
    let asked: Promise<{ runId: string; joined: boolean }> | undefined;
    test.world.orders.set('PO1', toyOrder('PO1', at(1)));
    test.world.failures = [serverError()];
    const gate = Promise.withResolvers<void>();
    const first = createReconciler(test.context, {
      wait: async () => {
        asked = second.reconcile(other.connection, 'demand');
        await asked;
        gate.resolve();
      },
    });
    const begun = await first.reconcile(test.connection, 'schedule');
    await gate.promise;
    assert.deepEqual({ ...(await asked), ended: null }, { runId: begun.runId, joined: true, ended: null });
    await begun.ended;
    assert.equal((await rows(test, 'select id from reconcile_runs')).length, 1);
  } finally {
    await second.stop();
    await other.close();
  }
});

testWithReconciler('a run whose process was silent for too long is taken over, and the old process writes nothing more', async (test) => {
  const other = await test.another('two:0:test');
  const second = createReconciler(other.context, groundOf(test, []));
  try {
    test.world.orders.set('PO1', toyOrder('PO1', at(1)));
    test.world.failures = [serverError()];
    const first = createReconciler(test.context, {
      wait: async () => {
        test.clock.advance(21_000);
        await (await second.reconcile(other.connection, 'schedule')).ended;
      },
    });
    const begun = await first.reconcile(test.connection, 'schedule');
    await begun.ended;
    const run = await lastRun(test);
    assert.equal(run.id, begun.runId);
    assert.equal(run.state, 'done');
    assert.equal(run.counts.seen, 1);
    assert.equal((await rows(test, 'select name from leases')).length, 0);
  } finally {
    await second.stop();
    await other.close();
  }
});

testWithReconciler('stopping does not wait for a platform that does not respond', async (test) => {
  const api = test.connection.platform.connect(test.connection.settings, {} as never);
  if (!api) throw new Error('The toy has an API.');
  const asked = Promise.withResolvers<void>();
  const mute = {
    ...api,
    changesSince: () => {
      asked.resolve();
      return new Promise<never>(() => {});
    },
  };
  const reconciler = createReconciler({ ...test.context, api: () => mute });
  const { ended } = await reconciler.reconcile(test.connection, 'demand');
  await asked.promise;
  await reconciler.stop();
  await ended;
  assert.equal((await lastRun(test)).state, 'running');
  assert.equal((await test.run()).state, 'done');
  assert.equal((await rows(test, 'select id from reconcile_runs')).length, 1);
});
