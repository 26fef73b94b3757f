import assert from 'node:assert/strict';
import { InvalidBody, PermanentFailure } from '../../src/domain/errors.ts';
import { createReconciler } from '../../src/reconciliation/reconciler.ts';
import { readGaps } from '../../src/store/reconciliation/list-runs.ts';
import { at, lastRun, type ReconcileTest, rows, testWithReconciler, toyOrder } from './support.ts';

/** Reconciles with a list that has no change filter and lacks the orders in `hidden`; those in `failing` cannot be fetched. */
function withWholeList(test: ReconcileTest, hidden: ReadonlySet<string>, failing: ReadonlyMap<string, Error> = new Map()) {
  const api = test.connection.platform.connect(test.connection.settings, {} as never);
  if (!api) throw new Error('The toy has an API.');
  const wholeList = {
    ...api,
    fetch: async (subject: Parameters<typeof api.fetch>[0]) => {
      const failure = failing.get(subject.externalId);
      if (failure) throw failure;
      return api.fetch(subject);
    },
    streams: [{ name: 'orders', kinds: ['order' as const], incremental: false }],
    changesSince: async (stream: string, start: Parameters<typeof api.changesSince>[1]) => {
      const page = await api.changesSince(stream, { ...start, watermark: null });
      return { ...page, records: page.records.filter((one) => !hidden.has(one.subject.externalId)) };
    },
  };
  const reconciler = createReconciler({ ...test.context, api: () => wholeList });
  return async () => (await reconciler.reconcile(test.connection, 'demand')).ended;
}

/** Whether each stored order is marked as deleted. */
async function deletions(test: ReconcileTest): Promise<[string, boolean][]> {
  const entities = await rows<{ external_id: string; deleted_at: string | null }>(
    test,
    'select external_id, deleted_at from entities order by external_id',
  );
  return entities.map((one) => [one.external_id, one.deleted_at !== null]);
}

testWithReconciler('an entity that is missing from a complete list is fetched, and marked deleted if it no longer exists', async (test) => {
  const hidden = new Set<string>();
  const run = withWholeList(test, hidden);
  for (const id of ['PO1', 'PO2', 'PO3']) test.world.orders.set(id, toyOrder(id, at(0)));
  await run();
  test.clock.advance(60_000);
  test.world.orders.delete('PO2');
  hidden.add('PO3');
  await run();
  assert.deepEqual(test.world.fetches, ['PO2', 'PO3']);
  assert.deepEqual(await deletions(test), [
    ['PO1', false],
    ['PO2', true],
    ['PO3', false],
  ]);
  const gaps = await readGaps(test.context.db.read, (await lastRun(test)).id);
  assert.deepEqual(
    gaps.map(({ externalId, cause }) => [externalId, cause]),
    [['PO2', 'never_delivered']],
  );
  await run();
  assert.deepEqual((await lastRun(test)).counts.applied, 0);
});

testWithReconciler(
  'entities missing from a complete list whose kind the API cannot fetch stay as they are, and the run completes',
  async (test) => {
    const noCall = new PermanentFailure('kind_not_fetchable', 'the API has no such call');
    for (const id of ['PO1', 'PO2']) await test.send({ id, type: 'order', order: toyOrder(id, at(0)) });
    await test.settle();
    test.clock.advance(60_000);
    await withWholeList(
      test,
      new Set(),
      new Map([
        ['PO1', noCall],
        ['PO2', noCall],
      ]),
    )();
    assert.equal((await lastRun(test)).state, 'done');
    assert.deepEqual(await deletions(test), [
      ['PO1', false],
      ['PO2', false],
    ]);
  },
);

testWithReconciler('an entity missing from a complete list whose id cannot be part of an address hides no other deletion', async (test) => {
  const failing = new Map([['..', new PermanentFailure('id_not_addressable', 'the id cannot be part of a URL')]]);
  for (const id of ['..', 'PO1']) await test.send({ id, type: 'order', order: toyOrder(id, at(0)) });
  await test.settle();
  test.clock.advance(60_000);
  await withWholeList(test, new Set(), failing)();
  assert.equal((await lastRun(test)).state, 'done');
  assert.deepEqual(await deletions(test), [
    ['..', false],
    ['PO1', true],
  ]);
});

testWithReconciler(
  'an entity missing from a complete list whose answer cannot be read is one failed record, and hides no other deletion',
  async (test) => {
    const failing = new Map([['PO1', new InvalidBody('The body is not JSON')]]);
    for (const id of ['PO1', 'PO2']) await test.send({ id, type: 'order', order: toyOrder(id, at(0)) });
    await test.settle();
    test.clock.advance(60_000);
    await withWholeList(test, new Set(), failing)();
    const { state, counts } = await lastRun(test);
    assert.deepEqual([state, counts.seen, counts.failed], ['done', 2, 1]);
    assert.deepEqual(await deletions(test), [
      ['PO1', false],
      ['PO2', true],
    ]);
  },
);
