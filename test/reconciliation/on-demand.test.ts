import assert from 'node:assert/strict';
import { Refused } from '../../src/domain/errors.ts';
import { reconcileNow } from '../../src/reconciliation/on-demand.ts';
import { listAudit } from '../../src/store/access/list-audit.ts';
import { listRuns } from '../../src/store/reconciliation/list-runs.ts';
import { at, testWithReconciler, toyOrder } from './support.ts';

testWithReconciler(
  'everything that exists when a run is requested is compared, even if a running one has already passed it',
  async (run) => {
    run.world.pageSize = 1;
    run.world.orders.set('PO1', toyOrder('PO1', at(5)));
    run.world.orders.set('PO2', toyOrder('PO2', at(6)));
    let demanded: Promise<string> | undefined;
    run.world.beforePage = (page) => {
      if (page !== 1 || demanded) return;
      run.world.orders.set('PO0', toyOrder('PO0', at(1)));
      demanded = reconcileNow(run.context, run.reconciler, run.connection);
    };
    const first = await run.reconciler.reconcile(run.connection, 'start');
    await first.ended;
    const id = await demanded;
    assert.notEqual(id, undefined);
    assert.notEqual(id, first.runId);
    await (await run.reconciler.reconcile(run.connection, 'demand')).ended;
    const runs = await listRuns(run.context.db.read, { connection: 'toy', state: null }, { before: null, limit: 10 });
    assert.equal(runs.find((one) => one.id === id)?.trigger, 'demand');
  },
);

testWithReconciler('a request for a run that takes long returns the run in progress; both are audited', async ({ context, connection }) => {
  const endless = { runId: 'r1', joined: true, ended: new Promise<void>(() => {}) };
  const demand = (since: string | null) => reconcileNow(context, { reconcile: async () => endless }, connection, { maxWaitMs: 0, since });
  assert.equal(await demand(null), 'r1');
  await assert.rejects(demand(at(1)), (error) => error instanceof Refused && error.code === 'reconcile_busy');
  const rows = await listAudit(context.db.read, { seenBy: null }, { before: null, limit: 10 });
  assert.deepEqual(
    rows.map(({ who, action, target, result }) => [who, action, target, result]),
    [
      ['service', 'connection.reconcile', 'connection:toy', 'reconcile_busy'],
      ['service', 'connection.reconcile', 'connection:toy', 'done'],
    ],
  );
});
