import assert from 'node:assert/strict';
import { processNotifications } from '../../src/processing/fetch-resources.ts';
import { processDeliveries } from '../../src/processing/process-deliveries.ts';
import { createTestContext, type TestContext } from '../support/context.ts';
import { testOnEngines } from '../support/engines.ts';

const ORDERS = 12;
const EVENTS = 6;
const at = (minute: number) => `2026-03-01T07:${String(minute).padStart(2, '0')}:00.000Z`;
const order = (id: string, minute: number) => ({
  id,
  updatedAt: at(minute),
  lines: [{ id: '1', quantity: String(minute + 1), updatedAt: at(minute) }],
});

/** Processes as one of several processes until nothing is due any more. */
async function drain({ context, connection }: TestContext): Promise<void> {
  for (let idle = 0; idle < 3; ) {
    const worked = (await processDeliveries(context, 7)) + (await processNotifications(context, connection));
    idle = worked === 0 ? idle + 1 : 0;
  }
}

testOnEngines(
  'four processes share one backlog: every delivery once, each resource in order, no gap in versions or feed',
  async (_t, engine) => {
    const one = await createTestContext(engine);
    const others = await Promise.all(['two:0:b', 'three:0:c', 'four:0:d'].map((name) => one.another(name)));
    try {
      for (let minute = 0; minute < EVENTS; minute++)
        for (let n = 0; n < ORDERS; n++) await one.send({ id: `e-${n}-${minute}`, type: 'order', order: order(`PO${n}`, minute) });
      one.world.orders.set('PO-fetched', order('PO-fetched', 1));
      await one.send({ id: 'n-1', type: 'changed', subject: 'PO-fetched' });
      await Promise.all([one, ...others].map(drain));
      await one.settle();
      const states = await one.context.db.read.all<{ state: string; attempts: string }>('select state, attempts from deliveries');
      assert.equal(states.length, ORDERS * EVENTS + 1);
      assert.ok(states.every(({ state, attempts }) => state === 'done' && JSON.parse(attempts).length === 1));
      const changes = await one.context.db.read.all<{ seq: number | string; external_id: string; version: number; platform_at: string }>(
        'select seq, external_id, version, platform_at from changes order by seq',
      );
      assert.deepEqual(
        changes.map(({ seq }) => Number(seq)),
        Array.from({ length: ORDERS * EVENTS + 1 }, (_, index) => index + 1),
      );
      for (let n = 0; n < ORDERS; n++)
        assert.deepEqual(
          changes.filter((change) => change.external_id === `PO${n}`).map((change) => [change.version, change.platform_at]),
          Array.from({ length: EVENTS }, (_, minute) => [minute + 1, at(minute)]),
        );
    } finally {
      await Promise.all(others.map((other) => other.close()));
      await one.close();
    }
  },
);
