import assert from 'node:assert/strict';
import { connectionsYaml } from '../life/support.ts';
import { lineJson, orderId, orderJson } from '../life/tradecloud.ts';
import { createTestDatabase, testOnEngines } from '../support/engines.ts';
import { until } from '../support/until.ts';
import { seeded, settled, startRemoteServer, startService } from './service.ts';
import { proveAll, sendTraffic } from './traffic.ts';

const ORDERS = 12;
const EVENTS = 12;
const KILLS = 2;
const AT = '2026-04-01T12:00:00.000Z';

testOnEngines(
  'a service that is killed repeatedly under load and then stopped has every accepted delivery once, with its effect',
  async (t, engine) => {
    const database = await createTestDatabase(engine);
    t.after(database.drop);
    const far = await startRemoteServer(t);
    const service = await startService(t, { databaseUrl: database.url, yaml: connectionsYaml(far.url) });
    for (let at = 0; at < 5; at++) {
      const number = `GET${at}`;
      far.orders.set(orderId(number), orderJson({ number, at: AT, lines: [lineJson(number, { position: '0010', at: AT })] }));
    }
    const random = seeded(engine === 'sqlite' ? 7 : 11);
    const traffic = sendTraffic([service], ORDERS, EVENTS);
    const told: string[] = [];
    for (let kill = 0; kill < KILLS; kill++) {
      const next = traffic.answers.length + 10 + Math.floor(random() * 60);
      const notified = await service.notify(orderId(`GET${kill}`));
      if (notified.status === 202) told.push(String(notified.deliveryId));
      await until(
        'more requests are answered',
        async () => traffic.answers.length,
        (count) => count >= next,
      );
      await service.kill();
      await service.start();
    }
    await until(
      'most requests are answered',
      async () => traffic.answers.length,
      (count) => count >= ORDERS * EVENTS * 0.8,
    );
    const code = await service.stop();
    await service.start();
    await traffic.done;
    await settled(service);
    assert.equal(code, 0);
    assert.equal(told.length, KILLS);
    for (const id of told) assert.equal((await service.get(`/deliveries/${id}`)).state, 'done');
    await proveAll(service, traffic, ORDERS, EVENTS);
  },
);
