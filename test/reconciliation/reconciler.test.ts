import assert from 'node:assert/strict';
import { RemoteFailure } from '../../src/domain/errors.ts';
import { coverage } from '../../src/reconciliation/coverage.ts';
import { addProven, readProven } from '../../src/store/reconciliation/coverage.ts';
import { readGaps } from '../../src/store/reconciliation/list-runs.ts';
import { moveWatermark, readWatermarks } from '../../src/store/reconciliation/watermarks.ts';
import { serverError } from '../support/toy-platform.ts';
import { at, type ReconcileTest, rows, testWithReconciler, toyOrder } from './support.ts';

const watermark = async (test: ReconcileTest) => (await readWatermarks(test.context.db.read, 'toy')).get('orders');

const proven = (test: ReconcileTest) => readProven(test.context.db.read, 'toy');

testWithReconciler(
  "a run applies what no delivery had reported, lists it as a gap in the feed, and moves the watermark to the platform's own string",
  async (test) => {
    test.world.orders.set('PO1', toyOrder('PO1', at(1)));
    test.world.orders.set('PO2', toyOrder('PO2', at(2)));
    await test.send({ id: 'e1', type: 'order', order: toyOrder('PO1', at(1)) });
    await test.settle();
    const run = await test.run();
    assert.equal(run.state, 'done');
    assert.deepEqual(run.counts, { seen: 2, unchanged: 1, applied: 1, gaps: 1, failed: 0 });
    const [gap] = await readGaps(test.context.db.read, run.id);
    assert.equal(gap?.externalId, 'PO2');
    assert.equal(gap?.cause, 'never_delivered');
    const entries = await rows<{ seq: number | string; external_id: string; cause_type: string; cause_id: string }>(
      test,
      'select * from changes order by seq',
    );
    assert.deepEqual(
      entries.map((one) => [one.external_id, one.cause_type]),
      [
        ['PO1', 'delivery'],
        ['PO2', 'reconcile'],
      ],
    );
    assert.equal(String(entries[1]?.seq), gap?.cursor?.split('-')[0]);
    assert.equal(entries[1]?.cause_id, run.id);
    assert.equal(await watermark(test), at(2));
  },
);

testWithReconciler('a second run over the same data changes nothing and finds nothing', async (test) => {
  test.world.orders.set('PO1', toyOrder('PO1', at(1)));
  await test.run();
  const run = await test.run();
  assert.deepEqual(run.counts, { seen: 1, unchanged: 1, applied: 0, gaps: 0, failed: 0 });
  assert.equal((await rows(test, 'select * from changes')).length, 1);
});

testWithReconciler('every page is read, many records at a time', async (test) => {
  test.world.pageSize = 60;
  for (let n = 0; n < 130; n++) test.world.orders.set(`PO${n}`, toyOrder(`PO${n}`, at(n)));
  const run = await test.run();
  assert.deepEqual(run.counts, { seen: 130, unchanged: 0, applied: 130, gaps: 130, failed: 0 });
  assert.equal(await watermark(test), at(129));
});

testWithReconciler(
  'a run that the platform keeps failing ends as failed, proves nothing, moves nothing; the next one continues from its page',
  async (test) => {
    test.world.pageSize = 2;
    for (let n = 1; n <= 5; n++) test.world.orders.set(`PO${n}`, toyOrder(`PO${n}`, at(n)));
    test.world.failures = [null, null, ...Array.from({ length: 5 }, serverError)];
    const failed = await test.run();
    assert.equal(failed.state, 'failed');
    assert.match(failed.error ?? '', /^remote_unavailable: /);
    assert.equal(failed.counts.seen, 4);
    assert.equal(await watermark(test), undefined);
    assert.deepEqual(await proven(test), []);
    assert.equal(test.alerts.at(-1)?.code, 'reconcile_failed');
    const run = await test.run();
    assert.equal(run.state, 'done');
    assert.notEqual(run.id, failed.id);
    assert.equal(run.counts.seen, 1);
    assert.equal(await watermark(test), at(5));
    assert.equal((await proven(test))[0]?.runId, run.id);
  },
);

testWithReconciler(
  'a page that fails in two runs is abandoned: the third starts from the beginning, as does the next after a refused address',
  async (test) => {
    test.world.pageSize = 2;
    for (let n = 1; n <= 5; n++) test.world.orders.set(`PO${n}`, toyOrder(`PO${n}`, at(n)));
    test.world.failures = [null, null, ...Array.from({ length: 10 }, serverError)];
    const counts = async () => (await test.run()).counts.seen;
    assert.deepEqual([await counts(), await counts(), await counts()], [4, 0, 5]);
    test.world.failures = [null, new RemoteFailure('remote_refused', 'http://api.example is not its own address', 0)];
    const refused = await test.run({ since: at(1) });
    assert.deepEqual([refused.state, refused.counts.seen, test.waits.length], ['failed', 2, 8]);
    const run = await test.run();
    assert.deepEqual([run.state, run.counts.seen], ['done', 1], 'from the watermark');
  },
);

testWithReconciler(
  'a row dated in the future is applied and flagged, and moves neither the watermark nor the proven span',
  async (test) => {
    test.world.orders.set('PO1', toyOrder('PO1', at(1)));
    test.world.orders.set('PO2', toyOrder('PO2', '2099-01-01T00:00:00.000Z'));
    const first = await test.run();
    assert.deepEqual([first.state, first.counts.applied], ['done', 2]);
    assert.equal(await watermark(test), undefined);
    assert.equal((await proven(test))[0]?.to, '2026-03-01T08:00:00.000Z');
    assert.deepEqual(
      test.alerts.filter(({ code }) => code === 'future_time').map(({ connection, details }) => [connection, details.path]),
      [['toy', '/lastUpdatedAt']],
    );
    test.world.orders.set('PO3', toyOrder('PO3', at(30)));
    test.world.orders.set('PO2', { ...toyOrder('PO2', '2099-01-01T00:00:00.000Z', '99') });
    test.clock.advance(60_000);
    const second = await test.run();
    assert.deepEqual([second.counts.seen, second.counts.applied], [3, 2]);
  },
);

testWithReconciler(
  'a row with an unreadable time creates; one that differs from what is stored is withheld, and then nothing is proven',
  async (test) => {
    const odd = (quantity: string) => ({
      ...toyOrder('PO1', at(1), quantity),
      updatedAt: 'yesterday',
      lines: [{ id: '1', quantity, updatedAt: '' }],
    });
    test.world.orders.set('PO1', odd('10'));
    assert.deepEqual([(await test.run()).counts.applied, (await proven(test)).length], [1, 1]);
    test.world.orders.set('PO1', toyOrder('PO1', at(2), '20'));
    await test.run();
    test.world.orders.set('PO1', odd('20'));
    assert.deepEqual((await test.run()).counts, { seen: 1, unchanged: 1, applied: 0, gaps: 0, failed: 0 }, 'nothing is withheld');
    const [before] = await proven(test);
    test.clock.advance(60_000);
    test.world.orders.set('PO1', odd('30'));
    const run = await test.run();
    assert.deepEqual(run.counts, { seen: 1, unchanged: 0, applied: 0, gaps: 0, failed: 1 });
    assert.match(run.error ?? '', /^records_failed: /);
    assert.deepEqual((await proven(test))[0]?.to, before?.to);
    assert.ok(test.alerts.some(({ code }) => code === 'unreadable_time'));
  },
);

testWithReconciler('a watermark and a proof in the future, as earlier versions left them, are discarded', async (test) => {
  test.world.orders.set('PO1', toyOrder('PO1', at(1)));
  await test.context.db.write(async (sql) => {
    await moveWatermark(sql, 'toy', 'orders', '2099-01-01T00:00:00.000Z', at(0));
    await addProven(sql, 'toy', { from: null, to: '2099-01-01T00:00:00.000Z', runId: 'before' });
  });
  const states = async () => (await coverage(test.context, test.connection)).map(({ state }) => state);
  assert.deepEqual(await states(), ['open']);
  assert.equal((await test.run()).counts.applied, 1);
  assert.equal(await watermark(test), at(1));
  assert.deepEqual(
    (await proven(test)).map(({ to }) => to),
    ['2026-03-01T08:00:00.000Z'],
  );
  assert.deepEqual(await states(), ['proven', 'open']);
});

testWithReconciler("nothing is proven beyond the platform's own current time", async (test) => {
  test.world.answeredAt = '2026-03-01T07:00:00.000Z';
  test.world.orders.set('PO1', toyOrder('PO1', at(1)));
  await test.run();
  assert.equal((await proven(test))[0]?.to, '2026-03-01T07:00:00.000Z');
  test.world.answeredAt = '2026-03-01T09:00:00.000Z';
  test.clock.advance(60_000);
  await test.run();
  assert.equal((await proven(test))[0]?.to, '2026-03-01T08:01:00.000Z', 'and not beyond the moment at which the list was asked for');
});

testWithReconciler(
  'a record that cannot be read is counted as failed; the others are applied, nothing is proven and the watermark stays',
  async (test) => {
    test.world.orders.set('PO1', toyOrder('PO1', at(1)));
    test.world.orders.set('PO2', { ...toyOrder('PO2', at(2)), lines: null as never });
    test.world.orders.set('PO3', toyOrder('PO3', at(3)));
    const run = await test.run();
    assert.equal(run.state, 'done');
    assert.deepEqual(run.counts, { seen: 3, unchanged: 0, applied: 2, gaps: 2, failed: 1 });
    assert.match(run.error ?? '', /^records_failed: /);
    assert.equal(await watermark(test), undefined);
    assert.deepEqual(await proven(test), []);
    test.world.orders.set('PO2', toyOrder('PO2', at(2)));
    const next = await test.run();
    assert.deepEqual(next.counts, { seen: 3, unchanged: 2, applied: 1, gaps: 1, failed: 0 });
    assert.equal(await watermark(test), at(3));
  },
);

testWithReconciler(
  'a run with an older requested start reads from there, and leaves the watermark where it was or further on',
  async (test) => {
    test.world.orders.set('PO1', toyOrder('PO1', at(1)));
    test.world.orders.set('PO2', toyOrder('PO2', at(5)));
    await test.run();
    const run = await test.run({ since: at(0) });
    assert.equal(run.counts.seen, 2);
    assert.equal(await watermark(test), at(5));
    test.world.orders.set('PO3', toyOrder('PO3', at(9)));
    await test.run({ since: at(7) });
    assert.equal(await watermark(test), at(5), 'what lies between the watermark and the beginning was not read');
  },
);

testWithReconciler("the connection's own start applies to the first run only", async (test) => {
  test.connection.reconcile.since = at(2);
  test.world.orders.set('PO1', toyOrder('PO1', at(1)));
  test.world.orders.set('PO2', toyOrder('PO2', at(3)));
  const run = await test.run();
  assert.equal(run.counts.seen, 1);
  assert.equal((await proven(test))[0]?.from, at(2));
});

testWithReconciler('a connection without an API is rejected', async (test) => {
  const bare = {
    ...test.connection,
    settings: { ...test.connection.settings },
    platform: { ...test.connection.platform, connect: () => null },
  };
  await assert.rejects(test.reconciler.reconcile(bare, 'demand'), { code: 'api_missing', status: 409 });
});

testWithReconciler('more gaps than chance explains open an alert, except on the first run', async (test) => {
  for (let n = 0; n < 12; n++) test.world.orders.set(`PO${n}`, toyOrder(`PO${n}`, at(n)));
  await test.run();
  assert.equal(test.alerts.length, 0);
  for (let n = 0; n < 12; n++) test.world.orders.set(`PO${n}`, toyOrder(`PO${n}`, at(20 + n), '11'));
  await test.run();
  assert.equal(test.alerts.at(-1)?.code, 'gaps_found');
  assert.equal(test.alerts.at(-1)?.details.gaps, 12);
});
