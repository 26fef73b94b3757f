import assert from 'node:assert/strict';
import type { Body } from '../life/support.ts';
import { lineJson, orderId, orderJson, plainEvent } from '../life/tradecloud.ts';
import { createTestDatabase, testOnEngines } from '../support/engines.ts';
import { until } from '../support/until.ts';
import { type RemoteServer, type Service, settled, startRemoteServer, startService, twoConnections } from './service.ts';

const AT = '2026-04-01T10:00:00.000Z';
const ORDERS = 15;

function give(far: RemoteServer): void {
  for (let at = 0; at < ORDERS; at++) {
    const number = `R${at}`;
    far.orders.set(orderId(number), orderJson({ number, at: AT, lines: [lineJson(number, { position: '0010', at: AT })] }));
  }
}

async function ended(service: Service, id: string | null): Promise<Body> {
  return until(
    'the delivery is done',
    () => service.get(`/deliveries/${id}`),
    ({ state }) => state === 'done',
  );
}

testOnEngines(
  'a platform that is down or slow delays no other one, costs no delivery an attempt, and is caught up with afterwards',
  async (t, engine) => {
    const database = await createTestDatabase(engine);
    t.after(database.drop);
    const [ill, well] = [await startRemoteServer(t), await startRemoteServer(t)];
    for (const far of [ill, well]) give(far);
    const service = await startService(t, { databaseUrl: database.url, yaml: twoConnections(ill, well) });

    ill.mood.down = true;
    const waiting = await Promise.all(Array.from({ length: ORDERS }, (_, at) => service.notify(orderId(`R${at}`))));
    assert.ok(waiting.every(({ status }) => status === 202));
    await until(
      'the circuit is open',
      () => service.get('/connections/acme'),
      ({ circuit }) => circuit === 'open',
    );
    const other = await Promise.all(Array.from({ length: 3 }, (_, at) => service.notify(orderId(`R${at}`), 'other')));
    const events = await Promise.all(Array.from({ length: 3 }, (_, at) => service.post(plainEvent(`E${at}`, AT, `e-${at}`))));
    for (const { deliveryId } of [...other, ...events]) assert.equal((await ended(service, deliveryId)).attempts.length, 1);
    const health = await service.get('/connections/acme');
    assert.deepEqual([health.backlog, ill.fetched.length], [ORDERS, 0]);
    ill.mood.down = false;
    await settled(service);
    for (const { deliveryId } of waiting) {
      const { state, attempts } = await service.get(`/deliveries/${deliveryId}`);
      assert.equal(state, 'done');
      assert.ok(attempts.length <= 4, `${attempts.length} attempts`);
    }
    assert.equal(new Set(ill.fetched).size, ORDERS);

    ill.mood.slowMs = 2500;
    const slow = await service.notify(orderId('R0'));
    const quick = await service.notify(orderId('R9'), 'other');
    await ended(service, quick.deliveryId);
    assert.notEqual((await service.get(`/deliveries/${slow.deliveryId}`)).state, 'done');
    await ended(service, slow.deliveryId);
    assert.equal((await service.get('/invariants')).violations, 0);
  },
);
