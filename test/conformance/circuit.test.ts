import assert from 'node:assert/strict';
import type { Subject } from '../../src/domain/entities/entity.ts';
import { objectAt } from '../../src/domain/values/json.ts';
import { addGauges } from '../../src/http/metrics/gauges.ts';
import { createMetrics } from '../../src/http/metrics/metrics.ts';
import { connectionHealth } from '../../src/monitoring/health/connection-health.ts';
import { createInvariantChecker } from '../../src/monitoring/invariants.ts';
import { orisha } from '../../src/platforms/orisha/index.ts';
import { tradecloud } from '../../src/platforms/tradecloud/index.ts';
import { processNotifications } from '../../src/processing/fetch-resources.ts';
import { testOnEngines } from '../support/engines.ts';
import { until } from '../support/until.ts';
import { createPlatformContext, type PlatformContext, testOnPlatforms } from './platform-context.ts';

const FAILURES_TO_OPEN = 5;

/** The circuit as shown by the health of the connection and by Prometheus. */
async function shown({ context, connection, clock }: PlatformContext): Promise<(string | null)[]> {
  const { registry } = createMetrics();
  const health = () => connectionHealth(context, connection);
  addGauges(registry, { connections: context.connections, health, invariants: createInvariantChecker(context), now: () => clock.now() });
  const figure = /^orderdock_circuit_open\{connection="[^"]+"\} (\d)$/m.exec(await registry.metrics())?.[1] ?? null;
  return [(await health()).circuit, figure];
}

/** A resource of the simulated platform that can be fetched. */
function subjectIn({ world, connection, clock }: PlatformContext): Subject {
  const at = clock.now().toISOString();
  const webhooks = world.simulation.history.flatMap((event) =>
    world.trigger({ connection: connection.name, form: undefined, at, ...event }),
  );
  const found = webhooks.find(({ subject }) => subject !== null)?.subject;
  assert.ok(found);
  return found;
}

testOnPlatforms('the reported circuit is the one that fetches use', async (running) => {
  const api = running.context.api(running.connection);
  if (api === null) return assert.deepEqual(await shown(running), [null, null]);
  const subject = subjectIn(running);
  assert.deepEqual(await shown(running), ['closed', '0']);
  running.remoteServer.answer = { status: 500, body: '' };
  for (let at = 0; at < FAILURES_TO_OPEN; at++) await assert.rejects(api.fetch(subject));
  assert.deepEqual(await shown(running), ['open', '1']);
  await assert.rejects(api.fetch(subject), { code: 'circuit_open' });
  // A process that fetches nothing shows it too, as long as the other one reports it.
  const idle = { ...running, context: { ...running.context, api: () => ({ ...api, circuit: () => 'closed' as const }) } };
  running.context.access.check();
  assert.deepEqual(await shown(idle), ['open', '1']);
  running.clock.advance(120_000);
  assert.deepEqual(await shown(idle), ['closed', '0']);
});

testOnEngines(
  'if one resource always fails while the platform answers for others, its failures count as its own attempts',
  async (t, engine) => {
    const running = await createPlatformContext(engine, tradecloud);
    t.after(() => running.close());
    const { context, connection, clock } = running;
    const [sent] = await running.happen(running.world.simulation.history[0]?.eventType ?? '', 'get');
    const id = sent?.webhook.subject?.externalId ?? '';
    assert.notEqual(id, '');
    running.remoteServer.answer = (path) => (path.includes(encodeURIComponent(id)) ? { status: 500, body: '' } : null);
    const row = async () => (await context.db.read.all<{ state: string; attempts: string }>('select state, attempts from deliveries'))[0];
    let opened = 0;
    await until(
      'the delivery is dead',
      async () => {
        // The circuit uses the system's clock, the delivery that of the test.
        clock.advance(48 * 3_600_000);
        await processNotifications(context, connection);
        if (context.api(connection)?.circuit() === 'open') opened += 1;
        return row();
      },
      (now) => now?.state === 'dead',
      running.log.written,
    );
    assert.ok(opened > 0);
    assert.equal((JSON.parse((await row())?.attempts ?? '[]') as unknown[]).length, 12);
    await until(
      'the platform answers',
      async () => running.alerts,
      (alerts) => !alerts.has('platform_unreachable'),
      running.log.written,
    );
  },
);

const ORISHA_EVENT = 'item.created';

testOnEngines(
  'without lists, the fetch of a pending delivery is the trial of a platform that is down, and costs no attempt',
  async (t, engine) => {
    const running = await createPlatformContext(engine, orisha);
    t.after(() => running.close());
    const { context, connection, clock, asked } = running;
    Object.assign(objectAt(objectAt(connection.settings).api), { lists: {} });
    assert.deepEqual(context.api(connection)?.streams, []);
    const ids = new Set<string>();
    while (ids.size < 3) {
      for (const { answer } of await running.happen(ORISHA_EVENT)) if (answer.status === 'accepted') ids.add(answer.deliveryId);
    }
    const rows = () =>
      context.db.read.all<{ state: string; attempts: string }>('select state, attempts from deliveries where notification');
    const attempts = async () => (await rows()).reduce((sum, row) => sum + (JSON.parse(row.attempts) as unknown[]).length, 0);
    const work = async () => {
      // The circuit uses the system's clock, the deliveries that of the test.
      clock.advance(3_600_000);
      await processNotifications(context, connection);
      context.access.check();
    };
    running.remoteServer.answer = { status: 503, body: '' };
    await until(
      'the circuit is open',
      () => work().then(() => context.api(connection)?.circuit()),
      (circuit) => circuit === 'open',
    );
    const [spent, calls] = [await attempts(), asked.length];
    await until(
      'the platform was retried twice',
      () => work().then(() => asked.length),
      (number) => number >= calls + 2,
    );
    assert.equal(await attempts(), spent);
    assert.ok(running.alerts.has('platform_unreachable'));

    running.remoteServer.answer = null;
    await until(
      'all deliveries are done',
      () => work().then(rows),
      (found) => found.every(({ state }) => state === 'done'),
    );
    await until(
      'the platform answers',
      () => running.alerts,
      (alerts) => alerts.size === 0,
      running.log.written,
    );
  },
);

testOnEngines('without lists, the fetch of a pending delivery is the trial of refused credentials', async (t, engine) => {
  const running = await createPlatformContext(engine, orisha);
  t.after(() => running.close());
  const { context, connection, clock } = running;
  Object.assign(objectAt(objectAt(connection.settings).api), { lists: {} });
  await running.happen(ORISHA_EVENT);
  running.remoteServer.answer = { status: 401, body: '' };
  await processNotifications(context, connection);
  assert.ok(running.alerts.has('platform_refuses_us'));
  running.remoteServer.answer = null;
  clock.advance(600_000);
  await running.settle();
  assert.deepEqual([...running.alerts], []);
  const states = await context.db.read.all<{ state: string; attempts: string }>('select state, attempts from deliveries');
  assert.deepEqual(
    states.map(({ state, attempts }) => [state, (JSON.parse(attempts) as unknown[]).length]),
    [['done', 1]],
  );
});
