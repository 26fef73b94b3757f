import assert from 'node:assert/strict';
import type { Subject } from '../../src/domain/entities/entity.ts';
import { addGauges } from '../../src/http/metrics/gauges.ts';
import { createMetrics } from '../../src/http/metrics/metrics.ts';
import { connectionHealth } from '../../src/monitoring/connection-health.ts';
import { createInvariantChecker } from '../../src/monitoring/invariants.ts';
import { tradecloud } from '../../src/platforms/tradecloud/index.ts';
import { processNotifications } from '../../src/processing/fetch-resources.ts';
import { testOnEngines } from '../support/engines.ts';
import { until } from '../support/until.ts';
import { createPlatformContext, type PlatformContext, testOnPlatforms } from './platform-context.ts';

const FAILURES_TO_OPEN = 5;

/** What the health of the connection and Prometheus are shown. */
async function shown({ context, connection, clock }: PlatformContext): Promise<(string | null)[]> {
  const { registry } = createMetrics();
  const health = () => connectionHealth(context, connection);
  addGauges(registry, { connections: context.connections, health, invariants: createInvariantChecker(context), now: () => clock.now() });
  const figure = /^orderdock_circuit_open\{connection="[^"]+"\} (\d)$/m.exec(await registry.metrics())?.[1] ?? null;
  return [(await health()).circuit, figure];
}

/** Something of the simulated world that can be fetched. */
function subjectIn({ world, connection, clock }: PlatformContext): Subject {
  const at = clock.now().toISOString();
  const webhooks = world.simulation.story.flatMap((event) => world.trigger({ connection: connection.name, form: undefined, at, ...event }));
  const found = webhooks.find(({ subject }) => subject !== null)?.subject;
  assert.ok(found);
  return found;
}

testOnPlatforms('the reported circuit is the one that fetches use', async (running) => {
  const api = running.context.api(running.connection);
  if (api === null) return assert.deepEqual(await shown(running), [null, null]);
  const subject = subjectIn(running);
  assert.deepEqual(await shown(running), ['closed', '0']);
  running.farSide.answer = { status: 500, body: '' };
  for (let at = 0; at < FAILURES_TO_OPEN; at++) await assert.rejects(api.fetch(subject));
  assert.deepEqual(await shown(running), ['open', '1']);
  await assert.rejects(api.fetch(subject), { code: 'circuit_open' });
  // A process that fetches nothing shows it too, for as long as the other one says so.
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
    const [sent] = await running.happen(running.world.simulation.story[0]?.eventType ?? '', 'get');
    const id = sent?.webhook.subject?.externalId ?? '';
    assert.notEqual(id, '');
    running.farSide.answer = (path) => (path.includes(encodeURIComponent(id)) ? { status: 500, body: '' } : null);
    const row = async () => (await context.db.read.all<{ state: string; attempts: string }>('select state, attempts from deliveries'))[0];
    let opened = 0;
    await until(
      'the delivery is dead',
      async () => {
        // The circuit waits by the system's clock, the delivery by that of the test.
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
