import type { TestContext as NodeTest } from 'node:test';
import type { Alert } from '../../src/domain/alert.ts';
import type { ReceiveResult, Receiver } from '../../src/intake/receive-webhook.ts';
import { createReceiver } from '../../src/intake/receive-webhook.ts';
import { type OpenContext, openContext } from '../../src/open-context.ts';
import type { Connection } from '../../src/platforms/contract/platform.ts';
import type { IncomingWebhook } from '../../src/platforms/contract/webhook.ts';
import { processNotifications } from '../../src/processing/fetch-resources.ts';
import { processDeliveries } from '../../src/processing/process-deliveries.ts';
import { readSettings } from '../../src/settings.ts';
import { type ManualClock, manualClock } from './clock.ts';
import { createTestDatabase, type Engine, testOnEnginesWith } from './engines.ts';
import { incoming } from './incoming.ts';
import { type MemoryLog, memoryLog } from './log.ts';
import { type ToyWorld, toyPlatform, toyWorld } from './toy-platform.ts';

export interface TestContext {
  context: OpenContext;
  clock: ManualClock;
  log: MemoryLog;
  alerts: Alert[];
  world: ToyWorld;
  connection: Connection;
  receiver: Receiver;
  /** Sends an event of the toy platform to intake. */
  send(event: object): Promise<ReceiveResult>;
  /** Processes until nothing is due any more. */
  settle(): Promise<void>;
  /** Another process on the same database. */
  another(processId: string): Promise<TestContext>;
  close(): Promise<void>;
}

/** The pipeline on a real database, with the toy platform as the remote side and a clock that only moves on request. */
export async function createTestContext(engine: Engine): Promise<TestContext> {
  const { url, drop } = await createTestDatabase(engine);
  const test = await onDatabase(url, 'one:0:test', manualClock(), toyWorld());
  return { ...test, close: () => test.close().then(drop) };
}

async function onDatabase(url: string, processId: string, clock: ManualClock, world: ToyWorld): Promise<TestContext> {
  const settings = readSettings({ DATABASE_URL: url }, { terminal: false });
  const connection: Connection = {
    name: 'toy',
    platform: toyPlatform(world),
    settings: { webhook: { secret: 's' } as object },
    reconcile: { schedule: false, since: null },
  };
  const log = memoryLog();
  const alerts: Alert[] = [];
  const context = await openContext(settings, [connection], { log, clock, random: () => 0.5, processId }, () => ({
    open: (alert) => alerts.push(alert),
    update: () => {},
    close: () => {},
  }));
  const receiver = createReceiver(context, { maxBacklog: 1_000_000, backlog: () => 0 });
  return {
    context,
    clock,
    log,
    alerts,
    world,
    connection,
    receiver,
    send: (event) => receiver.receive(connection, inbound(event, clock), { accepts: async () => false, now: clock.now() }),
    async settle() {
      while ((await processDeliveries(context)) + (await processNotifications(context, connection)) > 0);
    },
    another: (otherId) => onDatabase(url, otherId, clock, world),
    close: async () => {
      await receiver.stop();
      await context.close();
    },
  };
}

export function inbound(event: object | string, clock: ManualClock): IncomingWebhook {
  const body = Buffer.from(typeof event === 'string' ? event : JSON.stringify(event));
  return incoming({
    method: 'POST',
    path: '',
    params: {},
    query: {},
    headers: { 'content-type': 'application/json', 'x-toy-secret': 's' },
    body,
    format: 'json',
    url: 'http://localhost/webhooks/toy',
    receivedAt: clock.now(),
    remoteAddress: '127.0.0.1',
  });
}

/** Declares a test that runs once on each engine, with its own context that is closed afterwards. */
export function testWithContext(name: string, body: (run: TestContext, t: NodeTest) => Promise<void>): void {
  testOnEnginesWith(name, createTestContext, (run, _engine, t) => body(run, t));
}
