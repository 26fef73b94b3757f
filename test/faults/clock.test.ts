import assert from 'node:assert/strict';
import { correctFutureTimes, renewDeliveryLeases } from '../../src/processing/delivery-leases.ts';
import { createRateLimits } from '../../src/store/access/rate-limits.ts';
import { claimTick } from '../../src/store/engine/leases.ts';
import { type TestContext, testWithContext } from '../support/context.ts';

const order = (quantity: string, updatedAt: string) => ({ id: 'PO1', updatedAt, lines: [{ id: '1', quantity, updatedAt }] });
const HOUR = 3_600_000;

const states = async ({ context }: TestContext) =>
  (await context.db.read.all<{ state: string }>('select state from deliveries order by seq')).map((row) => row.state);

testWithContext('a clock that is set back delays nothing', async (run) => {
  await run.send({ id: 'm-1', type: 'order', order: order('1', '2026-03-01T07:00:00.000Z') });
  run.clock.advance(-6 * HOUR);
  await run.send({ id: 'm-2', type: 'order', order: order('2', '2026-03-01T07:00:01.000Z') });
  await correctFutureTimes(run.context);
  await run.settle();
  assert.deepEqual(await states(run), ['done', 'done']);
  const changes = await run.context.db.read.all<{ version: number }>('select version from changes order by seq');
  assert.deepEqual(
    changes.map(({ version }) => Number(version)),
    [1, 2],
  );
});

testWithContext('a retry that was scheduled far into the future by a wrong clock is moved back with the clock', async (run) => {
  run.clock.advance(10 * 24 * HOUR);
  run.world.failures.push(new Error('once'));
  run.world.orders.set('PO1', order('1', '2026-03-01T07:00:00.000Z'));
  await run.send({ id: 'n-1', type: 'changed', subject: 'PO1' });
  await run.settle();
  run.clock.advance(-10 * 24 * HOUR);
  await correctFutureTimes(run.context);
  await run.settle();
  assert.deepEqual(await states(run), ['done']);
});

testWithContext('a clock that jumps ahead loses no delivery that is being processed', async (run) => {
  await run.send({ id: 'm-1', type: 'order', order: order('1', '2026-03-01T07:00:00.000Z') });
  run.clock.advance(400 * 24 * HOUR);
  await renewDeliveryLeases(run.context);
  await run.settle();
  assert.deepEqual(await states(run), ['done']);
  run.clock.advance(-400 * 24 * HOUR);
  await run.send({ id: 'm-2', type: 'order', order: order('2', '2026-03-01T08:00:00.000Z') });
  await run.settle();
  assert.deepEqual(await states(run), ['done', 'done']);
});

testWithContext('rate limits and schedules written by a clock that was ahead block nothing', async ({ context, clock }) => {
  const limits = createRateLimits(context.db, context.processId, () => clock.now());
  const budgets = [{ name: 'api', calls: 2, perMs: 1000 }];
  const enter = () => limits.enter('toy', budgets, clock.now());
  const tick = () => context.db.write((sql) => claimTick(sql, 'sweep', clock.now().toISOString()));
  assert.deepEqual([await enter(), await enter(), await enter(), await tick(), await tick()], [0, 0, 1000, true, false]);
  clock.advance(-6 * HOUR);
  assert.deepEqual([await enter(), await enter(), await enter(), await tick(), await tick()], [0, 0, 1000, true, false]);
});
