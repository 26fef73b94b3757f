import assert from 'node:assert/strict';
import { RemoteFailure } from '../../src/domain/errors.ts';
import { coverage } from '../../src/reconciliation/coverage.ts';
import { serverError } from '../support/toy-platform.ts';
import { at, testWithReconciler, toyOrder } from './support.ts';

testWithReconciler('a failing platform is retried after growing delays, and the run continues', async (test) => {
  test.world.orders.set('PO1', toyOrder('PO1', at(1)));
  test.world.failures = [serverError(), new RemoteFailure('remote_unavailable', 'answered 429', 429, 7000)];
  const run = await test.run();
  assert.equal(run.state, 'done');
  assert.deepEqual(test.waits, [1000, 7000]);
});

testWithReconciler('a run that was interrupted after a page that is now refused reads the list from its beginning', async (test) => {
  test.world.pageSize = 2;
  for (let n = 1; n <= 5; n++) test.world.orders.set(`PO${n}`, toyOrder(`PO${n}`, at(n)));
  test.world.failures = [null, ...Array.from({ length: 5 }, serverError)];
  await test.run();
  test.world.failures = [new RemoteFailure('remote_refused', 'http://api.example is not its own address', 0)];
  const run = await test.run();
  assert.deepEqual([run.state, run.counts.seen], ['done', 5]);
});

testWithReconciler('a refusal (401) is not retried', async (test) => {
  test.world.failures = [new RemoteFailure('remote_refused', 'answered 401', 401)];
  const run = await test.run();
  assert.equal(run.state, 'failed');
  assert.deepEqual(test.waits, []);
});

testWithReconciler('a 429 costs a page no attempt, and a page that only waits is not abandoned', async (test) => {
  test.world.orders.set('PO1', toyOrder('PO1', at(1)));
  test.world.failures = Array.from({ length: 12 }, () => new RemoteFailure('remote_rate_limited', 'answered 429', 429, 7000));
  assert.equal((await test.run()).state, 'done');
  assert.deepEqual(new Set(test.waits), new Set([7000]));
  test.world.failures = Array.from({ length: 40 }, () => new RemoteFailure('remote_rate_limited', 'answered 429', 429, 7000));
  const failed = await test.run();
  assert.deepEqual([failed.state, failed.error?.split(':')[0]], ['failed', 'remote_rate_limited']);
});

testWithReconciler('a row that names no resource is counted as failed: the others are applied, but nothing is proven', async (test) => {
  test.world.orders.set('PO1', toyOrder('PO1', at(1)));
  test.world.unnamed = 2;
  const run = await test.run();
  assert.equal(run.state, 'done');
  assert.match(run.error ?? '', /^records_failed: 2 of 3 /);
  assert.deepEqual(run.counts, { seen: 3, unchanged: 0, applied: 1, gaps: 1, failed: 2 });
  assert.equal(test.alerts.at(-1)?.code, 'reconcile_failed');
  const spans = await coverage(test.context, test.connection);
  assert.deepEqual([spans[0]?.state, spans[0]?.reason], ['unproven', 'records_failed']);

  test.world.unnamed = 0;
  assert.equal((await test.run()).error, null);
  assert.equal((await coverage(test.context, test.connection))[0]?.state, 'proven');
});
