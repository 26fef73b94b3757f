import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startApp } from '../../src/app.ts';
import type { AnyPlatform, Connection } from '../../src/platforms/contract/platform.ts';
import type { OutgoingWebhook, SimulatedRequest } from '../../src/platforms/contract/simulation.ts';
import { createPost } from '../../src/sandbox/post.ts';
import { createServiceClient, type ServiceClient } from '../../src/sandbox/service-client.ts';
import { startSimulators } from '../../src/sandbox/simulators.ts';
import { createWorld, type World } from '../../src/sandbox/world.ts';
import { readSettings } from '../../src/settings.ts';
import { readGaps, readRun } from '../../src/store/reconciliation/list-runs.ts';
import { memoryLog } from '../support/log.ts';
import { until } from '../support/until.ts';

const KEY = 'reconcile-key-0123456789';
const post = createPost(null);

/** The whole service connected to a simulated platform. */
export interface Stage {
  world: World;
  client: ServiceClient;
  /** Called before each response of the simulated API: lets the data change during reading. */
  beforeAnswer: { call?: (request: SimulatedRequest) => void };
  /** Stops the service; `start` starts it again on the same store. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** All events of the platform's sample history happen, a second apart; `told` receives each webhook when it happens. */
  history(told?: (webhook: OutgoingWebhook, n: number) => Promise<unknown>): Promise<void>;
  deliver(webhook: OutgoingWebhook): Promise<number>;
  quiet(): Promise<void>;
  /** Reconciles on demand: counts, and the gaps with their causes. */
  reconcile(
    since?: string,
  ): Promise<{ state: string; error: string | null; counts: Record<string, number>; gaps: string[]; causes: string[] }>;
}

export async function onStage(
  platform: AnyPlatform,
  work: (stage: Stage) => Promise<void>,
  { schedule = false, env = {} }: { schedule?: string | false; env?: Record<string, string> } = {},
): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'orderdock-reconcile-'));
  const simulators = await startSimulators(0);
  const world = createWorld(platform, { seed: 'reconcile', baseUrl: `${simulators.origin}/far`, now: () => new Date() });
  const beforeAnswer: Stage['beforeAnswer'] = {};
  simulators.host('far', (request) => {
    beforeAnswer.call?.(request);
    return world.simulation.answer(request);
  });
  const connection: Connection = { name: world.connection, platform, settings: world.settings, reconcile: { schedule, since: null } };
  const roles = schedule === false ? 'web,worker' : 'web,worker,schedule';
  const settings = readSettings({ DATA_DIR: dataDir, PORT: '0', API_KEYS: `erp:admin:${KEY}`, ROLES: roles, ...env }, { terminal: false });
  const log = memoryLog();
  const start = () => startApp({ ...settings, connectionsFile: 'connections.yaml' }, [connection], { log });
  let app = await start();
  let running = true;
  const stop = async () => {
    if (running) await app.stop();
    running = false;
  };
  const client = createServiceClient(
    () => app.url,
    async () => KEY,
  );
  try {
    await work({
      world,
      client,
      beforeAnswer,
      stop,
      async start() {
        app = await start();
        running = true;
      },
      async history(told) {
        const beganMs = Date.now() - world.simulation.history.length * 1000;
        for (const [n, { eventType, form }] of world.simulation.history.entries()) {
          const at = new Date(beganMs + n * 1000).toISOString();
          for (const webhook of world.trigger({ connection: world.connection, eventType, form, at })) await told?.(webhook, n);
        }
      },
      deliver: async (webhook) => (await post(`${app.url}/webhooks/${world.connection}${webhook.path}`, webhook)).status,
      async quiet() {
        await until(
          'no delivery is pending any more',
          async () => (await client.get<{ backlog: number }>(`/api/v1/connections/${world.connection}`)).backlog,
          (backlog) => backlog === 0,
          log.written,
        );
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
    await stop();
    await simulators.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}
