import assert from 'node:assert/strict';
import type { Subject } from '../../src/domain/entities/entity.ts';
import { addGauges } from '../../src/http/metrics/gauges.ts';
import { createMetrics } from '../../src/http/metrics/metrics.ts';
import { connectionHealth } from '../../src/monitoring/connection-health.ts';
import { createInvariantChecker } from '../../src/monitoring/invariants.ts';
import { type PlatformContext, testOnPlatforms } from './platform-context.ts';

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

testOnPlatforms('the circuit that is shown is the one that fetches run through', async (running) => {
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
