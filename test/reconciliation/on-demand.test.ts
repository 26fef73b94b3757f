import assert from 'node:assert/strict';
import test from 'node:test';
import { Refused } from '../../src/domain/errors.ts';
import { reconcileNow } from '../../src/reconciliation/on-demand.ts';
import { listRuns } from '../../src/store/reconciliation/list-runs.ts';
import { ENGINES } from '../support/engines.ts';
import { at, toyOrder, withReconciler } from './support.ts';

for (const engine of ENGINES) {
  test(`what is there when a run is demanded is compared, although one is past it already (${engine})`, () =>
    withReconciler(engine, async (run) => {
      run.world.pageSize = 1;
      run.world.orders.set('PO1', toyOrder('PO1', at(5)));
      run.world.orders.set('PO2', toyOrder('PO2', at(6)));
      let demanded: Promise<string> | undefined;
      run.world.beforePage = (page) => {
        if (page !== 1 || demanded) return;
        run.world.orders.set('PO0', toyOrder('PO0', at(1)));
        demanded = reconcileNow(run.reconciler, run.connection);
      };
      const first = await run.reconciler.reconcile(run.connection, 'start');
      await first.ended;
      const id = await demanded;
      assert.notEqual(id, undefined);
      assert.notEqual(id, first.runId);
      await (await run.reconciler.reconcile(run.connection, 'demand')).ended;
      const runs = await listRuns(run.context.db.read, { connection: 'toy', state: null }, { before: null, limit: 10 });
      assert.equal(runs.find((one) => one.id === id)?.trigger, 'demand');
    }));
}

test('a run that takes long is given as it is to who demands one', async () => {
  const endless = { runId: 'r1', joined: true, ended: new Promise<void>(() => {}) };
  assert.equal(await reconcileNow({ reconcile: async () => endless }, {} as never, { soonMs: 0 }), 'r1');
  await assert.rejects(
    reconcileNow({ reconcile: async () => endless }, {} as never, { soonMs: 0, since: at(1) }),
    (error) => error instanceof Refused && error.code === 'reconcile_busy',
  );
});
