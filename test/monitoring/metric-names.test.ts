import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import test from 'node:test';
import { addConsumerGauges } from '../../src/http/metrics/consumers.ts';
import { addCounters } from '../../src/http/metrics/counters.ts';
import { addGauges } from '../../src/http/metrics/gauges.ts';
import { addLatency } from '../../src/http/metrics/latency.ts';
import { createMetrics } from '../../src/http/metrics/metrics.ts';
import { connectionHealth } from '../../src/monitoring/health/connection-health.ts';
import { createInvariantChecker } from '../../src/monitoring/invariants.ts';
import { toyOrder } from '../reconciliation/support.ts';
import { createTestContext } from '../support/context.ts';

const hasPromtool = spawnSync('promtool', ['--version']).status === 0;

test('the metrics follow the conventions of Prometheus: names, units, types, help', async () => {
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
    addCounters(metrics.registry, context.db);
    addConsumerGauges(metrics.registry, context);
    addLatency(metrics.registry, context);
    metrics.answered('toy', 202, 'accepted', 3);
    metrics.signedIn('api', 'failed');
    await run.send({ id: 'e1', type: 'order', order: toyOrder('PO1', '2026-03-01T07:59:58.500Z') });
    await run.settle();
    const text = await metrics.registry.metrics();
    const types = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = '', type = '']) => ({ name, type }));
    assert.ok(types.length > 30);
    for (const { name, type } of types) {
      assert.match(name, /^[a-z][a-z0-9_]*$/);
      assert.match(text, new RegExp(`^# HELP ${name} \\S`, 'm'), `${name} has help`);
      assert.equal(name.endsWith('_total'), type === 'counter', `${name} is a ${type}`);
      assert.doesNotMatch(name, /_(ms|milliseconds|minutes|hours|percent|kb|mb|count|sum|bucket)$/, name);
    }
    assert.doesNotMatch(text, /quantile="/, 'percentiles are computed by Prometheus, from histograms');
    if (hasPromtool) {
      const checked = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
      assert.deepEqual([checked.status, checked.stdout + checked.stderr], [0, '']);
    }
  } finally {
    await run.close();
  }
});
