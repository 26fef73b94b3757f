import assert from 'node:assert/strict';
import test from 'node:test';
import { startSqlite } from '../../bench/engine.ts';
import { type Figures, measure, SHORT } from '../../bench/measure.ts';
import { tableOf } from '../../bench/table.ts';

// Speed is not tested, since it depends on the machine. It is tested that the benchmarks measure something.
test('a short benchmark measures the running service: orders are processed, none is rejected, every figure is a number', async () => {
  const engine = await startSqlite();
  try {
    const figures: Figures = {};
    for (const part of ['endToEnd', 'intake', 'drain', 'latency'] as const)
      Object.assign(figures, await measure(engine, part, { ...SHORT, orders: 120 }));
    assert.equal(figures.endToEnd?.orders, 240);
    assert.equal(figures.endToEnd?.refused, 0);
    assert.equal(figures.intake?.refused, 0);
    assert.equal(figures.drain?.orders, 120);
    assert.ok((figures.latency?.[0]?.orders ?? 0) > 0);
    for (const part of [figures.endToEnd, figures.intake, figures.drain, ...(figures.latency ?? [])])
      for (const [name, value] of Object.entries(part ?? {})) assert.ok(Number.isFinite(value) && (value > 0 || name === 'refused'), name);
    assert.ok(tableOf(figures).every(({ figure }) => !/undefined|NaN/.test(figure)));
  } finally {
    await engine.stop();
  }
});
