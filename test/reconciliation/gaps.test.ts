import assert from 'node:assert/strict';
import { createReconciler } from '../../src/reconciliation/reconciler.ts';
import { recordHeartbeat, recordStop } from '../../src/store/monitoring/heartbeats.ts';
import { upsertRegistrations } from '../../src/store/monitoring/registrations.ts';
import { readGaps } from '../../src/store/reconciliation/list-runs.ts';
import { inbound } from '../support/context.ts';
import { lastRun, type ReconcileTest, rows, testWithReconciler, toyOrder } from './support.ts';

const START = '2026-03-01T08:00:00.000Z';
const after = (seconds: number): string => new Date(Date.parse(START) + seconds * 1000).toISOString();

/** The causes of the gaps of the last run, by external id. */
async function causes(test: ReconcileTest): Promise<Record<string, unknown>> {
  const gaps = await readGaps(test.context.db.read, (await lastRun(test)).id);
  return Object.fromEntries(gaps.map((gap) => [gap.externalId, gap.cause]));
}
const details = async (test: ReconcileTest) => (await readGaps(test.context.db.read, (await lastRun(test)).id))[0]?.details;

testWithReconciler('a change whose delivery is still pending has the cause late', async (test) => {
  await test.send({ id: 'e1', type: 'order', order: toyOrder('PO1', after(0)) });
  test.world.orders.set('PO1', toyOrder('PO1', after(0)));
  await test.run();
  assert.deepEqual(await causes(test), { PO1: 'late' });
});

testWithReconciler('late deliveries alone raise no alert, however many', async (test) => {
  for (let n = 0; n < 12; n++) {
    await test.send({ id: `e${n}`, type: 'order', order: toyOrder(`PO${n}`, after(0)) });
    test.world.orders.set(`PO${n}`, toyOrder(`PO${n}`, after(0)));
  }
  assert.equal((await test.run()).counts.gaps, 12);
  assert.equal(test.alerts.length, 0);
});

testWithReconciler('a change whose delivery was accepted and then failed has that cause, with the delivery and its error', async (test) => {
  await test.send({ id: 'e1', type: 'boom', order: toyOrder('PO1', after(0)) });
  await test.settle();
  test.world.orders.set('PO1', toyOrder('PO1', after(0)));
  await test.run();
  assert.deepEqual(await causes(test), { PO1: 'failed_after_accept' });
  const [delivery] = await rows<{ id: string }>(test, 'select id from deliveries');
  assert.deepEqual(await details(test), { deliveryId: delivery?.id ?? null, error: 'internal: a fault of ours' });
});

testWithReconciler('a dead delivery explains only its own change, not one after the last finished run', async (test) => {
  await test.send({ id: 'e1', type: 'boom', order: toyOrder('PO1', after(0)) });
  for (let n = 0; n < 12; n++) {
    await test.settle();
    test.clock.advance(24 * 3_600_000);
  }
  assert.deepEqual(await rows(test, 'select state from deliveries'), [{ state: 'dead' }]);
  test.world.orders.set('PO1', toyOrder('PO1', after(0)));
  await test.run();
  assert.deepEqual(await causes(test), { PO1: 'failed_after_accept' });
  test.clock.advance(60_000);
  test.world.orders.set('PO1', toyOrder('PO1', test.clock.now().toISOString(), '11'));
  await test.run();
  assert.deepEqual(await causes(test), { PO1: 'never_delivered' });
});

testWithReconciler(
  'what the platform reports as given up, or as disabled, is in the details of a change that was never delivered',
  async (test) => {
    const webhook = { id: '42', name: null, url: 'https://dock.example/webhooks/toy', events: ['order'], enabled: false };
    const registered = [{ ...webhook, statistics: { failed: 2, successful: 40 } }];
    await test.context.db.write((sql) => upsertRegistrations(sql, 'toy', { checkedAt: after(0), registered }));
    test.world.orders.set('PO1', toyOrder('PO1', after(0)));
    await test.run();
    assert.deepEqual(await causes(test), { PO1: 'never_delivered' });
    assert.deepEqual(await details(test), { failedAtPlatform: 2, disabledAtPlatform: true });
  },
);

testWithReconciler('a change whose delivery we rejected has the status and the time', async (test) => {
  test.world.orders.set('PO1', toyOrder('PO1', after(0)));
  await test.context.db.write((sql) =>
    sql.all("insert into refusals (connection, at, status, code) values ('toy', ?, 401, 'unauthorized')", [after(1)]),
  );
  test.clock.advance(5000);
  await test.run();
  assert.deepEqual(await causes(test), { PO1: 'rejected' });
  assert.deepEqual(await details(test), { status: 401, code: 'unauthorized', at: after(1) });
});

testWithReconciler('a rejection from before the last finished run explains nothing', async (test) => {
  await test.context.db.write((sql) =>
    sql.all("insert into refusals (connection, at, status, code) values ('toy', ?, 401, 'unauthorized')", [after(1)]),
  );
  test.clock.advance(60_000);
  await test.run();
  test.world.orders.set('PO1', toyOrder('PO1', after(61)));
  test.clock.advance(60_000);
  await test.run();
  assert.deepEqual(await causes(test), { PO1: 'never_delivered' });
});

testWithReconciler('a change during a downtime has the cause stopped; before and after it the cause is never_delivered', async (test) => {
  await test.context.db.write(async (sql) => {
    await recordHeartbeat(sql, 'before:1:x', true, after(0));
    await recordStop(sql, 'before:1:x', after(100));
    await recordHeartbeat(sql, test.context.processId, true, after(200));
  });
  test.world.orders.set('PO1', toyOrder('PO1', after(50)));
  test.world.orders.set('PO2', toyOrder('PO2', after(150)));
  test.world.orders.set('PO3', toyOrder('PO3', after(201)));
  test.clock.set(after(205));
  await test.run();
  assert.deepEqual(await causes(test), { PO1: 'never_delivered', PO2: 'stopped', PO3: 'never_delivered' });
});

testWithReconciler(
  'a request refused while the store was unavailable has the cause rejected, although no heartbeat could be written',
  async (test) => {
    await test.context.db.write(async (sql) => {
      await recordHeartbeat(sql, test.context.processId, true, after(0));
      await recordHeartbeat(sql, 'next:1:x', true, after(100));
      await recordStop(sql, test.context.processId, after(10));
      await sql.all("insert into refusals (connection, at, status, code) values ('toy', ?, 503, 'database_unavailable')", [after(51)]);
    });
    test.world.orders.set('PO1', toyOrder('PO1', after(50)));
    test.world.orders.set('PO2', toyOrder('PO2', after(101)));
    test.clock.set(after(105));
    await test.run();
    assert.deepEqual(await causes(test), { PO1: 'rejected', PO2: 'rejected' });
  },
);

testWithReconciler(
  'a killed process counts as answering until its last heartbeat; a process that does not receive is not counted',
  async (test) => {
    await test.context.db.write(async (sql) => {
      await recordHeartbeat(sql, 'killed:1:x', true, after(0));
      await recordHeartbeat(sql, 'killed:1:x', true, after(100));
      await recordHeartbeat(sql, 'worker:1:x', false, after(0));
      await recordHeartbeat(sql, 'worker:1:x', false, after(205));
      await recordHeartbeat(sql, test.context.processId, true, after(200));
    });
    test.world.orders.set('PO1', toyOrder('PO1', after(150)));
    test.clock.set(after(205));
    await test.run();
    assert.deepEqual(await causes(test), { PO1: 'stopped' });
  },
);

testWithReconciler('a change with a platform time before the last finished run is explained by what happened since', async (test) => {
  await test.context.db.write(async (sql) => {
    await recordHeartbeat(sql, 'before:1:x', true, after(0));
    await recordStop(sql, 'before:1:x', after(100));
  });
  test.clock.set(after(90));
  await test.run();
  await test.context.db.write((sql) => recordHeartbeat(sql, test.context.processId, true, after(200)));
  test.world.orders.set('PO1', toyOrder('PO1', '2026-01-01T00:00:00.000Z'));
  test.clock.set(after(205));
  await test.run();
  assert.deepEqual(await causes(test), { PO1: 'stopped' });
});

testWithReconciler('a delivery that arrives later, and contains nothing new, changes the cause of its gap to late', async (test) => {
  test.world.orders.set('PO1', toyOrder('PO1', after(0)));
  test.world.orders.set('PO2', toyOrder('PO2', after(0)));
  const first = await test.run();
  await test.send({ id: 'e1', type: 'order', order: toyOrder('PO1', after(0)) });
  test.clock.advance(1000);
  await test.send({ id: 'e2', type: 'order', order: toyOrder('PO2', after(1), '12') });
  await test.settle();
  test.world.orders.set('PO2', toyOrder('PO2', after(1), '12'));
  await test.run();
  const gaps = await readGaps(test.context.db.read, first.id);
  assert.deepEqual(
    gaps.map((gap) => [gap.externalId, gap.cause]),
    [
      ['PO1', 'late'],
      ['PO2', 'never_delivered'],
    ],
  );
});

testWithReconciler('a delivery that was being received, but not stored yet, when the run compared, is late too', async (test) => {
  test.world.orders.set('PO1', toyOrder('PO1', after(0)));
  const knockedAt = test.clock.now();
  test.clock.advance(200);
  const first = await test.run();
  const request = inbound({ id: 'e1', type: 'order', order: toyOrder('PO1', after(0)) }, test.clock);
  await test.receiver.receive(
    test.connection,
    { ...request, receivedAt: knockedAt },
    { accepts: async () => false, now: test.clock.now() },
  );
  await test.settle();
  await test.run();
  const gaps = await readGaps(test.context.db.read, first.id);
  assert.deepEqual(
    gaps.map((gap) => gap.cause),
    ['late'],
  );
});

testWithReconciler('an unreadable body that was rejected explains the lost change', async (test) => {
  await assert.rejects(
    test.receiver.receive(test.connection, inbound('{', test.clock), { accepts: async () => false, now: test.clock.now() }),
  );
  await test.context.db.write((sql) =>
    sql.all("insert into refusals (connection, at, status, code) values ('toy', ?, 400, 'invalid_body')", [after(0)]),
  );
  test.world.orders.set('PO1', toyOrder('PO1', after(0)));
  await test.run();
  assert.deepEqual(await causes(test), { PO1: 'rejected' });
});

testWithReconciler('summary rows are fetched completely if they report something newer, and only then', async (test) => {
  const { platform, settings } = test.connection;
  const api = platform.connect(settings, {} as never);
  if (!api) throw new Error('The toy has an API.');
  const partialApi = {
    ...api,
    changesSince: async (stream: string, start: Parameters<typeof api.changesSince>[1]) => {
      const page = await api.changesSince(stream, start);
      return {
        ...page,
        records: page.records.map((one) => ({ ...one, partial: true })),
      };
    },
  };
  const reconciler = createReconciler({ ...test.context, api: () => partialApi });
  test.world.orders.set('PO1', toyOrder('PO1', after(0)));
  test.world.orders.set('PO2', toyOrder('PO2', after(1)));
  await test.send({ id: 'e1', type: 'order', order: toyOrder('PO1', after(0)) });
  await test.settle();
  await (await reconciler.reconcile(test.connection, 'demand')).ended;
  assert.deepEqual(test.world.fetches, ['PO2']);
  assert.deepEqual((await lastRun(test)).counts, { seen: 2, unchanged: 1, applied: 1, gaps: 1, failed: 0 });
  assert.deepEqual(await rows(test, 'select external_id, removed_at from order_lines order by order_id'), [
    { external_id: '1', removed_at: null },
    { external_id: '1', removed_at: null },
  ]);
  await reconciler.stop();
});
