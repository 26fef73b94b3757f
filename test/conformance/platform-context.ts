import type { EntityReport } from '../../src/domain/entities/entity.ts';
import { subjectText } from '../../src/domain/entities/entity.ts';
import { createCredentialChecker } from '../../src/http/auth/gatekeeper.ts';
import { createOutsideCalls } from '../../src/http/auth/outside-calls.ts';
import { createOwnTokens } from '../../src/http/auth/own-tokens.ts';
import { createReceiver, type ReceiveResult } from '../../src/intake/receive-webhook.ts';
import { type OpenContext, openContext } from '../../src/open-context.ts';
import type { AnyPlatform, Connection } from '../../src/platforms/contract/platform.ts';
import type { OutgoingWebhook, SimulatedResponse } from '../../src/platforms/contract/simulation.ts';
import { PLATFORMS } from '../../src/platforms/registry.ts';
import { processNotifications } from '../../src/processing/fetch-resources.ts';
import { processDeliveries } from '../../src/processing/process-deliveries.ts';
import { startSimulators } from '../../src/sandbox/simulators.ts';
import { createWorld, type World } from '../../src/sandbox/world.ts';
import { readSettings } from '../../src/settings.ts';
import { type ManualClock, manualClock } from '../support/clock.ts';
import { createTestDatabase, type Engine, testOnEngines } from '../support/engines.ts';
import { incoming } from '../support/incoming.ts';
import { type MemoryLog, memoryLog } from '../support/log.ts';
import { inboundOf } from './fixtures.ts';

/** The pipeline on a real database, with a real platform whose remote side is its simulator, reached over HTTP on this machine. */
export interface PlatformContext {
  context: OpenContext;
  connection: Connection;
  world: World;
  clock: ManualClock;
  log: MemoryLog;
  /** Requests to and responses of the simulator, as text: where credentials would be. */
  asked: string[];
  /** If set: the simulator's response to everything, instead of its own responses. */
  remoteServer: { answer: SimulatedResponse | null | ((path: string) => SimulatedResponse | null) };
  /** Codes of the alerts that are open. */
  alerts: Set<string>;
  /** Triggers an event a second later, and sends its webhooks to intake. */
  happen(eventType: string, form?: string): Promise<{ webhook: OutgoingWebhook; answer: ReceiveResult }[]>;
  send(webhook: OutgoingWebhook): Promise<ReceiveResult>;
  /** Processes until nothing is pending; the clock jumps to what is due next. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

export async function createPlatformContext(engine: Engine, platform: AnyPlatform): Promise<PlatformContext> {
  const { url, drop } = await createTestDatabase(engine);
  const clock = manualClock();
  const log = memoryLog();
  const asked: string[] = [];
  const alerts = new Set<string>();
  const remoteServer: PlatformContext['remoteServer'] = { answer: null };
  const simulators = await startSimulators(0);
  const world = createWorld(platform, { seed: 'conformance', baseUrl: `${simulators.origin}/${platform.name}`, now: () => clock.now() });
  simulators.host(platform.name, (request) => {
    const instead = typeof remoteServer.answer === 'function' ? remoteServer.answer(request.path) : remoteServer.answer;
    const answer = instead ?? world.simulation.answer(request);
    asked.push(`${request.method} ${request.path} ${answer.status} ${answer.body.toString()}`);
    return answer;
  });
  const connection: Connection = {
    name: world.connection,
    platform,
    settings: world.settings,
    reconcile: { schedule: false, since: null },
  };
  // Waiting for the rate limit takes no real time here: the clock advances instead.
  const sleep = async (ms: number) => clock.advance(ms);
  const context = await openContext(
    readSettings({ DATABASE_URL: url }, { terminal: false }),
    [connection],
    { log, clock, random: () => 0.5, processId: 'one:0:test', sleep },
    () => ({ open: ({ code }) => void alerts.add(code), update: () => {}, close: (code) => void alerts.delete(code) }),
  );
  const receiver = createReceiver(context, { maxBacklog: 1_000_000, backlog: () => 0 });
  const gatekeeper = createCredentialChecker({
    outside: createOutsideCalls((call) => context.remote.plain(call)),
    ownTokens: createOwnTokens(async () => new Uint8Array(32).fill(9), clock),
    clock,
  });
  const send = (webhook: OutgoingWebhook) => {
    const inbound = inboundOf(connection, webhook, clock.now());
    return receiver.receive(connection, incoming(inbound), gatekeeper(connection, inbound.headers, clock.now()));
  };
  return {
    ...{ context, connection, world, clock, log, asked, remoteServer, alerts, send },
    async happen(eventType, form) {
      clock.advance(1000);
      const told = world.trigger({ connection: world.connection, eventType, form, at: clock.now().toISOString() });
      const answers = [];
      for (const webhook of told) answers.push({ webhook, answer: await send(webhook) });
      return answers;
    },
    settle: () => settle(context, connection, clock),
    async close() {
      await receiver.stop();
      await context.close();
      await simulators.stop();
      await drop();
    },
  };
}

/** Declares a test that runs once on each engine for each platform, with its own context that is closed afterwards. */
export function testOnPlatforms(name: string, body: (running: PlatformContext, platform: AnyPlatform) => Promise<void>): void {
  for (const platform of PLATFORMS) {
    testOnEngines(`${platform.name}: ${name}`, async (_t, engine) => {
      const running = await createPlatformContext(engine, platform);
      try {
        await body(running, platform);
      } finally {
        await running.close();
      }
    });
  }
}

const MOST_ROUNDS = 500;

async function settle(context: OpenContext, connection: Connection, clock: ManualClock): Promise<void> {
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const worked = (await processDeliveries(context)) + (await processNotifications(context, connection));
    if (worked > 0) continue;
    const [next] = await context.db.read.all<{ at: string | null }>(
      "select min(next_attempt_at) as at from deliveries where state = 'pending'",
    );
    if (!next?.at) return;
    clock.set(new Date(Math.max(Date.parse(next.at), clock.now().getTime() + 1)).toISOString());
  }
  throw new Error('The deliveries do not come to an end.');
}

/** The resources of the simulated platform, as the platform reads them: the report of each resource itself. */
export const reportsOf = ({ world }: PlatformContext): EntityReport[] =>
  world.simulation
    .resources()
    .flatMap(({ subject, text }) =>
      world.platform.readFetched(subject, text, world.settings).reports.filter((report) => subjectText(report) === subjectText(subject)),
    );
