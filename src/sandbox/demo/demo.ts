import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleepMs } from 'node:timers/promises';
import type { Random } from '../../domain/clock.ts';
import type { AnyPlatform } from '../../platforms/contract/platform.ts';
import { createPost } from '../post.ts';
import { openSandbox, type Sandbox } from '../sandbox.ts';
import { writePrivateFile } from '../sandbox-file.ts';
import { createSender } from '../sender.ts';
import { createServiceClient } from '../service-client.ts';
import { createServiceProcess, type ServiceProcess } from '../service-process.ts';
import type { World } from '../world.ts';
import { type Conclusion, concludeDemo, type DemoResult, type Incidents, type Played } from './conclude.ts';
import { createFailureInjector, DEFAULT_FAILURE_RATES } from './failures.ts';
import { injectFaults } from './fault-schedule.ts';
import { type Reader, startReader } from './reader.ts';
import { readBacklogs } from './recovery.ts';
import { runTraffic } from './traffic.ts';

export interface DemoOptions {
  /** The demo's own directory, emptied at the start. */
  dataDir: string;
  /** `src/main.ts`. */
  main: string;
  env: Record<string, string>;
  platforms: readonly AnyPlatform[];
  /** Names of the streams in a platform's API, by kind: a resource that no list contains is never lost here. */
  listedKinds(world: World): ReadonlySet<string>;
  random: Random;
  /** Ends the traffic; the demo then recovers, compares and stops. */
  end: AbortSignal;
  /** Duration of the traffic in seconds; null means until `end`. */
  seconds: number | null;
  /** Called with the result while the service still runs, so that its console can be inspected. */
  inspect?(conclusion: Conclusion, consoleUrl: string): Promise<void>;
  /** Shows a line that the next one may overwrite. */
  show(text: string): void;
  /** Prints a permanent line. */
  print(text: string): void;
}

const EVERY_MS = 450;
/** A platform pauses above this many waiting deliveries: the remote limits are real here too. */
const BUSY_BACKLOG = 12;

interface Stage extends DemoOptions, Played {
  service: ServiceProcess;
  over: AbortController;
}

/** Runs simulated platforms with injected faults against a service in its own process, which must recover from all of them. */
export async function runDemo(options: DemoOptions): Promise<DemoResult> {
  await rm(options.dataDir, { recursive: true, force: true });
  const sandbox = await openSandbox({
    dataDir: options.dataDir,
    platforms: options.platforms,
    reconcile: { schedule: '*/10 * * * * *' },
    journal: false,
  });
  const connectionsFile = join(options.dataDir, 'connections.yaml');
  const service = createServiceProcess(options.main, options.dataDir, {
    ...options.env,
    DATA_DIR: options.dataDir,
    CONNECTIONS_FILE: connectionsFile,
  });
  let reader: Reader | null = null;
  try {
    await writePrivateFile(connectionsFile, sandbox.connectionsText);
    options.print('Starting the service …');
    await service.start();
    const stage = setStage(options, sandbox, service);
    reader = stage.reader;
    options.print(
      `This is the sandbox with injected faults. Console: ${service.url()}/console/, API key in ${join(options.dataDir, 'api-key')}`,
    );
    const conclusion = await concludeDemo(stage, await injectIncidents(stage));
    await options.inspect?.(conclusion, `${service.url()}/console/`);
    const serviceExitCode = await service.stop();
    return { ...conclusion, ok: conclusion.ok && serviceExitCode === 0, serviceExitCode };
  } finally {
    await reader?.stop();
    await service.kill();
    await sandbox.stop();
  }
}

function setStage(options: DemoOptions, sandbox: Sandbox, service: ServiceProcess): Stage {
  const over = new AbortController();
  const key = () => readFile(join(options.dataDir, 'api-key'), 'utf8').then((text) => text.trim());
  const sender = createSender({ baseUrl: service.url, post: createPost(null), sleep: (ms) => sleepMs(ms), mostAttempts: 60 });
  const listed = new Map(sandbox.worlds.map((world) => [world.connection, options.listedKinds(world)]));
  const injector = createFailureInjector({
    sender,
    random: options.random,
    sleep: (ms) => sleepMs(ms),
    rates: DEFAULT_FAILURE_RATES,
    mayBeLost: (world, { subject, eventType }) =>
      subject !== null && listed.get(world.connection)?.has(subject.kind) === true && !isDeletion(world, eventType),
  });
  const client = createServiceClient(service.url, key);
  return { ...options, sandbox, service, client, sender, injector, reader: startReader(client), over };
}

// Lists do not show deleted resources.
const isDeletion = (world: World, eventType: string): boolean =>
  world.platform.events.some((event) => event.type === eventType && event.effect === 'delete');

/** Runs the traffic while everything else goes wrong; with a length, one round of that is the whole. */
async function injectIncidents(stage: Stage): Promise<Incidents> {
  const { over, end, sandbox, injector, random, seconds } = stage;
  const stop = () => over.abort();
  if (end.aborted) stop();
  end.addEventListener('abort', stop, { once: true });
  const busy = new Set<string>();
  const rest = (ms: number) => sleepMs(ms, undefined, { signal: over.signal }).catch(() => {});
  const watching = watch(stage, busy, rest);
  const traffic = runTraffic({
    sandbox,
    random,
    sleep: rest,
    everyMs: EVERY_MS,
    mostEvents: seconds === null ? null : Math.ceil((seconds * 1000) / EVERY_MS),
    isBusy: (connection) => busy.has(connection),
    deliver: (world, webhook) => injector.deliver(world, webhook),
    noteSilence: (world, subject) => injector.noteSilence(world, subject),
    stop: over.signal,
  });
  try {
    const done = await injectFaults(stage, { rest, isOver: () => over.signal.aborted });
    over.abort();
    await traffic;
    return done;
  } finally {
    over.abort();
    sandbox.simulators.setOutage(false);
    await Promise.all([watching, traffic.catch(() => {})]);
  }
}

/** Updates the progress line and decides which platforms pause, once a second. */
async function watch(
  { over, client, sandbox, sender, injector, show }: Stage,
  busy: Set<string>,
  rest: (ms: number) => Promise<unknown>,
): Promise<void> {
  while (!over.signal.aborted) {
    await rest(1000);
    const backlogs = await readBacklogs(client, sandbox.worlds).catch(() => null);
    for (const [connection, backlog] of backlogs ?? []) busy[backlog > BUSY_BACKLOG ? 'add' : 'delete'](connection);
    const waiting = backlogs === null ? 'not running' : `${[...backlogs.values()].reduce((sum, one) => sum + one, 0)} waiting`;
    const { happened, dropped, duplicated, delayed } = injector.counts;
    show(
      `${happened} events, ${dropped} lost, ${duplicated} sent twice, ${delayed} out of order, ${sender.counts.retries} tried again; service: ${waiting}`,
    );
  }
}
