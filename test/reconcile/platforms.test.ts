import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { type App, startApp } from '../../src/app.ts';
import type { AnyPlatform, OutgoingWebhook } from '../../src/platforms/platform.ts';
import { PLATFORMS } from '../../src/platforms/registry.ts';
import { compareWithWorlds } from '../../src/sandbox/compare.ts';
import { createPost } from '../../src/sandbox/post.ts';
import { createServiceClient, type ServiceClient } from '../../src/sandbox/service-client.ts';
import { startSimulators } from '../../src/sandbox/simulators.ts';
import { createWorld, type World } from '../../src/sandbox/world.ts';
import { readSettings } from '../../src/settings.ts';
import { readGaps, readRun } from '../../src/store/reading/reconcile-runs.ts';
import { memoryLog } from '../support/log.ts';

const KEY = 'reconcile-key-0123456789';
const post = createPost(null);

interface Stage {
  app: App;
  world: World;
  client: ServiceClient;
  /** Everything of the platform's short story happens, a second apart; `told` is given each webhook when it happens. */
  story(told?: (webhook: OutgoingWebhook, n: number) => Promise<unknown>): Promise<void>;
  deliver(webhook: OutgoingWebhook): Promise<number>;
  quiet(): Promise<void>;
  /** Reconciles on demand: counts, and the gaps with their causes. */
  reconcile(
    since?: string,
  ): Promise<{ state: string; error: string | null; counts: Record<string, number>; gaps: string[]; causes: string[] }>;
}

async function onStage(platform: AnyPlatform, work: (stage: Stage) => Promise<void>): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'orderdock-reconcile-'));
  const simulators = await startSimulators(0);
  const world = createWorld(platform, { seed: 'reconcile', baseUrl: `${simulators.origin}/far`, now: () => new Date() });
  simulators.host('far', (request) => world.simulation.answer(request));
  const connection = { name: world.connection, platform, settings: world.settings, reconcile: { schedule: false as const, since: null } };
  const settings = readSettings({ DATA_DIR: dataDir, PORT: '0', API_KEYS: `erp:admin:${KEY}`, ROLES: 'web,worker' }, { terminal: false });
  const app = await startApp({ ...settings, connectionsFile: 'connections.yaml' }, [connection], { log: memoryLog() });
  const client = createServiceClient(
    () => app.url,
    async () => KEY,
  );
  try {
    await work({
      app,
      world,
      client,
      async story(told) {
        const beganMs = Date.now() - world.simulation.story.length * 1000;
        for (const [n, { eventType, form }] of world.simulation.story.entries()) {
          const at = new Date(beganMs + n * 1000).toISOString();
          for (const webhook of world.happen({ connection: world.connection, eventType, form, at })) await told?.(webhook, n);
        }
      },
      deliver: async (webhook) => (await post(`${app.url}/webhooks/${world.connection}${webhook.path}`, webhook)).status,
      async quiet() {
        while ((await client.get<{ backlog: number }>(`/api/v1/connections/${world.connection}`)).backlog > 0) {
          await new Promise((resolve) => setTimeout(resolve, 30));
        }
      },
      async reconcile(since) {
        const { runId, ended } = await app.reconciler.reconcile(connection, 'demand', { since: since ?? null });
        await ended;
        const { read } = app.context.db;
        const run = await readRun(read, runId);
        const gaps = await readGaps(read, runId);
        assert.ok(run);
        return {
          state: run.state,
          error: run.error,
          counts: run.counts,
          gaps: gaps.map((gap) => `${gap.kind} ${gap.externalId}`),
          causes: [...new Set(gaps.map((gap) => gap.cause))],
        };
      },
    });
  } finally {
    await app.stop();
    await simulators.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

for (const platform of PLATFORMS) {
  const on = (name: string, work: (stage: Stage) => Promise<void>) =>
    test(`${platform.title}: ${name}`, { timeout: 60_000 }, () => onStage(platform, work));
  // Without an API, or without a list in it, there is nothing to compare with.
  const world = createWorld(platform, { seed: 'reconcile', baseUrl: 'http://127.0.0.1:1', now: () => new Date() });
  const hasLists =
    (platform.connect(world.settings, { client: () => ({}), oauth2: () => async () => ({}), now: () => new Date() } as never)?.streams
      .length ?? 0) > 0;
  if (!hasLists) continue;

  on('where every webhook arrived, reconciliation finds nothing', async ({ story, deliver, quiet, reconcile, client, world }) => {
    await story(async (webhook) => {
      assert.ok([200, 202].includes(await deliver(webhook)), webhook.eventType);
      await quiet();
    });
    const run = await reconcile();
    assert.deepEqual([run.state, run.error, run.gaps], ['done', null, []]);
    assert.deepEqual((await compareWithWorlds(client, [world])).differences, []);
  });

  on('where no webhook arrived, a run brings everything, and the next finds nothing more', async ({ story, reconcile, client, world }) => {
    await story();
    const run = await reconcile();
    assert.deepEqual([run.state, run.error, run.causes], ['done', null, ['never_delivered']]);
    const again = await reconcile('2020-01-01T00:00:00.000Z');
    assert.deepEqual([again.state, again.gaps], ['done', []]);
    const { differences } = await compareWithWorlds(client, [world]);
    assert.deepEqual(differences, []);
  });

  on('where every third webhook was lost, a run heals the store', async ({ story, deliver, quiet, reconcile, client, world }) => {
    await story(async (webhook, n) => {
      if (n % 3 === 1) return;
      await deliver(webhook);
      await quiet();
    });
    await reconcile();
    assert.deepEqual((await compareWithWorlds(client, [world])).differences, []);
    const again = await reconcile('2020-01-01T00:00:00.000Z');
    assert.deepEqual(again.gaps, []);
  });
}
