import assert from 'node:assert/strict';
import test from 'node:test';
import { currentRequest, runInRequest } from '../../src/domain/current-request.ts';
import { acknowledge, recordRead, registerConsumer } from '../../src/feed/consumers.ts';
import { saveReceipts } from '../../src/feed/receipts.ts';
import { connectionHealth } from '../../src/monitoring/health/connection-health.ts';
import { budgetOf } from '../../src/monitoring/health/failure-budget.ts';
import { checkSilence, expectedSilenceMs } from '../../src/monitoring/health/silence.ts';
import { createResponseStats } from '../../src/monitoring/response-stats.ts';
import { readConsumer } from '../../src/store/feed/list-consumers.ts';
import { listRejections } from '../../src/store/monitoring/list-responses.ts';
import { type ReconcileTest, rows, testWithReconciler, toyOrder } from '../reconciliation/support.ts';
import { until } from '../support/until.ts';

const health = (test: ReconcileTest) => connectionHealth(test.context, test.connection);

testWithReconciler('a connection without history has a health without figures', async (test) => {
  const { failureBudget, latency, ...rest } = await health(test);
  assert.deepEqual(rest, {
    lastDeliveryAt: null,
    lastSuccessAt: null,
    backlog: 0,
    oldestWaitingAt: null,
    circuit: 'closed',
    watermark: null,
    lagMs: null,
    answers: {},
    silence: { quietMs: null, expectedMs: null, silent: false },
    credentials: [],
    registrations: null,
  });
  assert.equal(failureBudget.usedPercent, 0);
  assert.deepEqual(latency.platformToReceived, { p50: null, p90: null, p99: null, samples: 0 });
});

testWithReconciler('backlog, last delivery, last success, watermark, lag and credentials are correct', async (test) => {
  const T = test.clock.now().toISOString();
  await test.send({ id: 'e1', type: 'order', order: toyOrder('PO1', T) });
  await test.settle();
  test.clock.advance(1000);
  await test.send({ id: 'e2', type: 'order', order: toyOrder('PO2', T) });
  test.world.orders.set('PO1', toyOrder('PO1', T));
  await test.run();
  test.clock.advance(500);
  const seen = await health(test);
  assert.equal(seen.lastDeliveryAt, '2026-03-01T08:00:01.000Z');
  assert.equal(seen.lastSuccessAt, '2026-03-01T08:00:00.000Z');
  assert.equal(seen.backlog, 1);
  assert.equal(seen.oldestWaitingAt, '2026-03-01T08:00:01.000Z');
  assert.equal(seen.watermark, T);
  assert.equal(seen.lagMs, 500);
  assert.deepEqual(seen.credentials, [{ credential: 'secret[0]', lastUsedAt: '2026-03-01T08:00:01.000Z', uses: 2 }]);
});

testWithReconciler('figures about many deliveries are recalculated after ten milliseconds per delivery', async (test) => {
  const T = test.clock.now().toISOString();
  const send = (n: number) => test.send({ id: `e${n}`, type: 'order', order: toyOrder(`PO${n}`, T) });
  for (let n = 0; n < 120; n++) await send(n);
  const uses = async () => (await health(test)).credentials[0]?.uses;
  assert.equal(await uses(), 120);
  await send(120);
  test.clock.advance(1199);
  assert.equal(await uses(), 120);
  test.clock.advance(1);
  assert.equal(await uses(), 121);
});

testWithReconciler('latency is reported for each leg from the platform to the booking', async (test) => {
  await test.send({ id: 'e1', type: 'order', order: toyOrder('PO1', '2026-03-01T07:59:58.000Z') });
  test.clock.advance(300);
  await test.settle();
  const [change] = await rows<{ seq: number | string }>(test, 'select seq from changes');
  const cursor = String(change?.seq);
  await registerConsumer(test.context, 'erp', null);
  test.clock.advance(2000);
  const consumer = await readConsumer(test.context.db.read, 'erp');
  if (!consumer) throw new Error('There is no consumer.');
  await recordRead(test.context, consumer, { position: cursor, cursor });
  await acknowledge(test.context, 'erp', cursor, false);
  test.clock.advance(700);
  await saveReceipts(test.context, 'erp', [{ at: { position: cursor, check: null }, status: 'booked', reference: '4711', reason: null }]);
  const { latency } = await health(test);
  assert.deepEqual(
    [latency.platformToReceived.p50, latency.receivedToApplied.p90, latency.appliedToPulled.p99, latency.pulledToBooked.p50],
    [2000, 300, 2000, 700],
  );
});

testWithReconciler('an alert about rejected requests does not carry the id of the request that was counted first', async (test) => {
  const openedIn: (string | null)[] = [];
  const alerts = { ...test.context.alerts, open: () => void openedIn.push(currentRequest()?.requestId ?? null) };
  const ledger = createResponseStats({ ...test.context, alerts });
  try {
    runInRequest({ requestId: 'accepted', traceparent: null, actor: null }, () => ledger.record('toy', 202, 'accepted'));
    ledger.record('toy', 401, 'unauthorized', { reason: 'wrong secret', credential: 'secret of 3 characters', remoteAddress: '127.0.0.1' });
    await until(
      'the rejection is an alert',
      () => openedIn.length,
      (opened) => opened > 0,
    );
    assert.deepEqual(openedIn, [null]);
  } finally {
    await ledger.stop();
  }
});

testWithReconciler(
  "answers are counted by status, rejections stored, and failures in a row compared with the platform's limit until a success",
  async (test) => {
    const ledger = createResponseStats(test.context);
    try {
      ledger.record('toy', 202, 'accepted');
      ledger.record(null, 404, 'not_found');
      for (let n = 0; n < 5; n++) ledger.record('toy', 503, 'database_unavailable');
      await ledger.flush();
      const half = await health(test);
      assert.deepEqual(half.answers, { 202: 1, 503: 5 });
      assert.equal(half.failureBudget.usedPercent, 50);
      assert.equal(half.failureBudget.consecutiveFailures, 5);
      assert.deepEqual(
        test.alerts.map((alert) => [alert.code, alert.level]),
        [
          ['failure_budget', 'info'],
          ['deliveries_not_taken', 'critical'],
        ],
      );
      assert.equal(
        (await rows(test, "select * from refusals where connection = 'toy' and status = 503 and code = 'database_unavailable'")).length,
        5,
      );
      ledger.record('toy', 503, 'database_unavailable');
      ledger.record('toy', 503, 'database_unavailable');
      await ledger.flush();
      for (let n = 0; n < 2; n++) ledger.record('toy', 413, 'body_too_large');
      await ledger.flush();
      assert.deepEqual(
        test.alerts.filter((alert) => alert.code === 'failure_budget').map((alert) => alert.level),
        ['info', 'warning', 'critical'],
      );
      ledger.record('toy', 200, 'duplicate');
      ledger.record('toy', 400, 'invalid_body');
      await ledger.flush();
      assert.equal((await health(test)).failureBudget.consecutiveFailures, 1);
    } finally {
      await ledger.stop();
    }
  },
);

testWithReconciler('requests without credentials are only counted; wrong ones are listed, and raise an alert', async (test) => {
  const ledger = createResponseStats(test.context);
  const rejection = { reason: 'wrong secret', remoteAddress: '192.0.2.7' };
  try {
    for (let n = 0; n < 200; n++) ledger.record('toy', 401, 'unauthorized', { ...rejection, credential: null });
    await ledger.flush();
    ledger.record('toy', 401, 'unauthorized', { ...rejection, credential: null });
    await ledger.flush();
    const { answers, failureBudget } = await health(test);
    assert.deepEqual([answers, failureBudget.consecutiveFailures], [{ 401: 201 }, 0]);
    assert.deepEqual([test.alerts, await rows(test, 'select * from refusals')], [[], []]);
    const lines = test.log.lines.filter(({ event }) => event === 'webhooks_without_credentials');
    assert.deepEqual(
      lines.map(({ fields }) => fields),
      [{ connection: 'toy', count: 200 }],
      'one line a minute',
    );
    ledger.record('toy', 401, 'unauthorized', { ...rejection, credential: 'x-toy-secret of 5 characters' });
    await ledger.flush();
    const [alert, ...others] = test.alerts;
    assert.deepEqual(others, []);
    assert.deepEqual([alert?.code, alert?.connection, alert?.details?.address], ['webhooks_rejected', 'toy', '192.0.2.7']);
    assert.match(alert?.text ?? '', /\(wrong secret\).* It may also give up on us: tries again for ever$/);
    assert.equal((await health(test)).failureBudget.consecutiveFailures, 0);
    const listed = await listRejections(test.context.db.read, 'toy', { before: null, limit: 10 });
    const at = test.clock.now().toISOString();
    const [{ seq: _seq, ...row } = { seq: 0 }] = listed;
    assert.deepEqual(row, {
      at,
      address: '192.0.2.7',
      status: 401,
      code: 'unauthorized',
      reason: 'wrong secret',
      credential: 'x-toy-secret of 5 characters',
    });
  } finally {
    await ledger.stop();
  }
});

testWithReconciler('what cannot be written while the store is unavailable is written when it is back', async (test) => {
  const { db } = test.context;
  let away = true;
  const write: typeof db.write = (work) => (away ? Promise.reject(new Error('away')) : db.write(work));
  const ledger = createResponseStats({ ...test.context, db: { ...db, write } });
  try {
    ledger.record('toy', 202, 'accepted');
    ledger.record('toy', 503, 'database_unavailable');
    await ledger.flush();
    ledger.record('toy', 503, 'database_unavailable');
    away = false;
    await ledger.flush();
    const seen = await health(test);
    assert.deepEqual(seen.answers, { 202: 1, 503: 2 });
    assert.equal(seen.failureBudget.consecutiveFailures, 2);
    assert.equal((await rows(test, 'select * from refusals')).length, 2);
  } finally {
    await ledger.stop();
  }
});

testWithReconciler('a connection that is quiet for longer than its history explains opens an alert', async (test) => {
  for (let n = 0; n < 25; n++) {
    await test.send({ id: `e${n}`, type: 'order', order: toyOrder('PO1', test.clock.now().toISOString()) });
    test.clock.advance(10 * 60_000);
  }
  test.clock.advance(15 * 60_000);
  await checkSilence(test.context, test.connection);
  assert.equal(test.alerts.length, 0);
  test.clock.advance(10 * 60_000);
  await checkSilence(test.context, test.connection);
  assert.equal(test.alerts[0]?.code, 'silence');
  assert.deepEqual((await health(test)).silence, { quietMs: 35 * 60_000, expectedMs: 30 * 60_000, silent: true });
});

testWithReconciler('a silence that is usual at this hour of the week raises no alert', async (test) => {
  const monday = Date.parse('2026-02-23T06:00:00.000Z');
  await test.context.db.write((sql) =>
    sql.all(
      "insert into answers (connection, minute, status, count) values ('toy', '2026-02-20T18:00:00.000Z', 202, 1), ('toy', ?, 202, 1)",
      [new Date(monday).toISOString()],
    ),
  );
  test.clock.set('2026-02-27T10:00:00.000Z');
  for (let n = 0; n < 49; n++) {
    await test.send({ id: `e${n}`, type: 'order', order: toyOrder('PO1', test.clock.now().toISOString()) });
    if (n < 48) test.clock.advance(10 * 60_000);
  }
  test.clock.set('2026-03-01T08:00:00.000Z');
  await checkSilence(test.context, test.connection);
  assert.equal(test.alerts.length, 0);
  test.clock.set('2026-03-02T12:00:00.000Z');
  await checkSilence(test.context, test.connection);
  assert.equal(test.alerts[0]?.code, 'silence');
});

test('with fewer than twenty gaps no silence is expected or reported', () => {
  const arrivals = Array.from({ length: 20 }, (_none, n) => new Date(n * 60_000).toISOString());
  assert.equal(expectedSilenceMs(arrivals, []), null);
  assert.equal(expectedSilenceMs([...arrivals, new Date(20 * 60_000).toISOString()], []), 5 * 60_000);
});

test('a limit in days counts from the first failure after the last success', () => {
  const policy = { rule: 'disabled after 3 days', source: '', final: [], budget: { kind: 'time-without-success', days: 3 } } as const;
  const streak = {
    failures: 4,
    firstFailedAt: '2026-03-01T00:00:00.000Z',
    lastFailedAt: '2026-03-02T10:00:00.000Z',
    lastSucceededAt: '2026-02-28T00:00:00.000Z',
  };
  const budget = budgetOf(policy, streak, new Date('2026-03-02T12:00:00.000Z'));
  assert.equal(budget.used, 1.5);
  assert.equal(budget.usedPercent, 50);
  assert.equal(budgetOf(policy, { ...streak, failures: 0 }, new Date('2026-03-09T00:00:00.000Z')).usedPercent, 0);
});
