import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type test from 'node:test';
import { type App, startApp } from '../../src/app.ts';
import { readConnections } from '../../src/connections.ts';
import type { EventDescription } from '../../src/platforms/contract/platform.ts';
import { PLATFORMS } from '../../src/platforms/registry.ts';
import { compareWithWorlds } from '../../src/sandbox/demo/compare.ts';
import { createPost } from '../../src/sandbox/post.ts';
import { openSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts';
import { createServiceClient, type ServiceClient } from '../../src/sandbox/service-client.ts';
import type { World } from '../../src/sandbox/world.ts';
import { readSettings } from '../../src/settings.ts';
import { createTestDatabase, type Engine, testOnEngines } from '../support/engines.ts';
import { type MemoryLog, memoryLog } from '../support/log.ts';
import { until } from '../support/until.ts';

interface Stage {
  sandbox: Sandbox;
  app: App;
  client: ServiceClient;
  log: MemoryLog;
}

const KEY = 'a-key-of-this-test';

/** The whole service and the simulated platforms in this process, on their own database. Nothing reconciles: webhooks alone must suffice. */
async function stage(t: test.TestContext, engine: Engine): Promise<Stage> {
  const dir = await mkdtemp(join(tmpdir(), 'orderdock-events-'));
  const database = await createTestDatabase(engine);
  const env = {
    DATA_DIR: dir,
    DATABASE_URL: database.url,
    PORT: '0',
    API_KEYS: `test:admin:${KEY}`,
    CONNECTIONS_FILE: join(dir, 'none.yaml'),
  };
  const sandbox = await openSandbox({ dataDir: dir, platforms: PLATFORMS, reconcile: { schedule: false }, journal: false });
  const log = memoryLog();
  const app = await startApp(readSettings(env, { terminal: false }), readConnections(sandbox.connectionsText, {}, PLATFORMS), {
    log,
  });
  t.after(async () => {
    await app.stop();
    await sandbox.stop();
    await database.drop();
    await rm(dir, { recursive: true, force: true });
  });
  return {
    sandbox,
    app,
    log,
    client: createServiceClient(
      () => app.url,
      async () => KEY,
    ),
  };
}

interface DeliveryShown {
  id: string;
  state: string;
  error: string | null;
  eventType: string | null;
}

/** Triggers it, sends the platform's webhooks, and waits until each delivery has ended. */
async function tell({ sandbox, app, client, log }: Stage, world: World, eventType: string, form?: string): Promise<DeliveryShown[]> {
  const post = createPost(null);
  const ended: DeliveryShown[] = [];
  for (const webhook of sandbox.trigger(world.connection, eventType, form)) {
    const answer = await post(`${app.url}/webhooks/${world.connection}${webhook.path}`, webhook);
    assert.ok(
      answer.status === 202 || answer.status === 200,
      `${world.platform.name} ${eventType} ${form ?? ''}: ${answer.status} ${answer.body}`,
    );
    const { deliveryId } = JSON.parse(answer.body);
    const delivery = await until(
      `the delivery of ${eventType} has ended`,
      () => client.get<DeliveryShown>(`/api/v1/deliveries/${deliveryId}`),
      ({ state }) => state !== 'pending' && state !== 'working',
      log.written,
    );
    ended.push(delivery);
  }
  return ended;
}

const expectedState = (event: EventDescription): string => (event.effect === 'ignore' ? 'ignored' : 'done');

for (const platform of PLATFORMS) {
  testOnEngines(`the sample history of ${platform.name} and every event type of it are received as described`, async (t, engine) => {
    const here = await stage(t, engine);
    const world = here.sandbox.worlds.find((one) => one.platform === platform);
    assert.ok(world);
    for (const { eventType, form } of world.simulation.history) {
      for (const delivery of await tell(here, world, eventType, form))
        assert.notEqual(delivery.state, 'dead', `${eventType} ${form ?? ''}: ${delivery.error}`);
    }
    for (const event of platform.events) {
      const told = await tell(here, world, event.type);
      for (const { eventType, state, error } of told) {
        // Accompanying events may be about something that no longer exists.
        if (eventType === null || eventType === event.type) assert.equal(state, expectedState(event), `${event.type}: ${error}`);
        else assert.notEqual(state, 'dead', `${eventType} with ${event.type}: ${error}`);
      }
    }
    const { differences } = await compareWithWorlds(here.client, [world]);
    assert.deepEqual(differences, [], 'what is held is what is there');
  });
}
