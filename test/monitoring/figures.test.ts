import assert from 'node:assert/strict';
import test from 'node:test';
import { addCounters } from '../../src/http/metrics/counters.ts';
import { addGauges } from '../../src/http/metrics/gauges.ts';
import { addLatency } from '../../src/http/metrics/latency.ts';
import { createMetrics } from '../../src/http/metrics/metrics.ts';
import { connectionHealth } from '../../src/monitoring/health/connection-health.ts';
import { createInvariantChecker } from '../../src/monitoring/invariants.ts';
import { at, testWithReconciler, toyOrder } from '../reconciliation/support.ts';
import { createTestContext } from '../support/context.ts';

test('Prometheus reads backlog, latency, failure budget and invariants from the store', async () => {
  const run = await createTestContext('sqlite');
  try {
    const { context } = run;
    const metrics = createMetrics();
    addGauges(metrics.registry, {
      connections: context.connections,
      health: (connection) => connectionHealth(context, connection),
      invariants: createInvariantChecker(context),
      now: () => run.clock.now(),
    });
    addLatency(metrics.registry, context);
    await run.send({ id: 'e1', type: 'order', order: toyOrder('PO1', '2026-03-01T07:59:58.500Z') });
    await run.settle();
    await run.send({ id: 'e2', type: 'order', order: toyOrder('PO2', '2026-03-01T07:59:59.000Z') });
    const lines = (await metrics.registry.metrics()).split('\n');
    for (const expected of [
      'orderdock_backlog{connection="toy"} 1',
      'orderdock_failure_budget_used_ratio{connection="toy"} 0',
      'orderdock_silent{connection="toy"} 0',
      'orderdock_latency_seconds_sum{connection="toy",leg="platformToReceived"} 1.5',
      'orderdock_latency_seconds_bucket{le="1",connection="toy",leg="platformToReceived"} 0',
      'orderdock_latency_seconds_bucket{le="2.5",connection="toy",leg="platformToReceived"} 1',
      'orderdock_invariant_violations 0',
    ]) {
      assert.equal(lines.includes(expected), true, expected);
    }
  } finally {
    await run.close();
  }
});

testWithReconciler('Prometheus reads gaps, dead deliveries, stale reports and collisions from the store', async (run) => {
  const metrics = createMetrics();
  addCounters(metrics.registry, run.context.db);
  run.world.orders.set('PO1', toyOrder('PO1', at(5)));
  await run.run();
  await run.send({ id: 'e1', type: 'order', order: toyOrder('PO1', at(4), '9') });
  await run.send({ id: 'e2', type: 'order', order: toyOrder('PO1', at(5), '11') });
  await run.settle();
  await run.context.db.write((sql) => sql.all(`update deliveries set state = 'dead' where event_id = 'e1'`));
  const lines = (await metrics.registry.metrics()).split('\n');
  for (const expected of [
    'orderdock_gaps{connection="toy",cause="never_delivered"} 1',
    'orderdock_dead_deliveries{connection="toy"} 1',
    'orderdock_stale_total{connection="toy"} 2',
    'orderdock_collisions_total{connection="toy"} 1',
  ]) {
    assert.equal(lines.includes(expected), true, `${expected}\n${lines.filter((line) => line.startsWith('orderdock_')).join('\n')}`);
  }
});
