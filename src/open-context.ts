import { randomBytes, randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { createConnections, type LiveConnections } from './connections.ts';
import type { Context } from './context.ts';
import type { Alerts } from './domain/alert.ts';
import { type Clock, type Random, systemClock, uuidV7 } from './domain/clock.ts';
import { createRecentContents, NO_RECENT_CONTENTS } from './domain/entities/recent-contents.ts';
import type { Log } from './domain/log.ts';
import { createLargeBodyLock } from './domain/memory.ts';
import { createNotifier, type Notifier } from './domain/notifier.ts';
import { processName } from './domain/values/process-name.ts';
import { createPlatformAccess, type PlatformAccess } from './monitoring/platform-access.ts';
import type { PlatformApi } from './platforms/contract/api.ts';
import type { CommonSettings, Connection } from './platforms/contract/platform.ts';
import { createRemote } from './remote/create-remote.ts';
import type { SharedRemote } from './remote/remote.ts';
import type { Settings } from './settings.ts';
import { createCredentialTrials } from './store/access/credential-trials.ts';
import { createRateLimits } from './store/access/rate-limits.ts';
import { createSessions } from './store/access/sessions.ts';
import { openDatabase } from './store/engine/database.ts';
import { type Messages, openMessages } from './store/engine/messages.ts';

/** What tests replace: clock, randomness, the name of the process. */
export interface RuntimeOptions {
  log: Log;
  clock?: Clock;
  random?: Random;
  processId?: string;
  /** Waits before an outgoing call whose budget is exhausted. */
  sleep?: (ms: number) => Promise<void>;
}

export interface OpenContext<A extends Alerts = Alerts> extends Context {
  alerts: A;
  connections: LiveConnections;
  remote: SharedRemote;
  access: PlatformAccess;
  /** Starts listening for messages from other processes on the same database. */
  listen(): void;
  close(): Promise<void>;
}

const LOOK_AGAIN_MS = 400;
const LOOK_AGAIN_IF_SENT_MS = 5000;

/** Opens the database and builds the context. The caller closes it and provides the alert dispatcher. */
export async function openContext<A extends Alerts>(
  settings: Settings,
  connections: readonly Connection[],
  options: RuntimeOptions,
  createAlerts: (dependencies: Pick<Context, 'db' | 'clock' | 'log'>, remote: SharedRemote) => A,
): Promise<OpenContext<A>> {
  const { log, clock = systemClock, random = Math.random } = options;
  const processId = options.processId ?? processName(hostname(), process.pid, randomBytes(4).toString('hex'));
  const db = await openDatabase(settings.databaseUrl);
  const basics: ContextBasics = { db, log, clock, random, processId };
  const messages = openMessages(settings.databaseUrl, db, processId);
  // The remotes report to an observer made of the complete context, which contains them.
  let opened: OpenContext<A> | null = null;
  const { access, remote } = createPlatformCalls(basics, options, () => {
    if (!opened) throw new Error('A remote system was called before the context was complete.');
    return opened;
  });
  const context = {
    ...basics,
    ...createNotifiers(messages),
    connections: createConnections(connections),
    api: createApis(remote),
    makeId: () => uuidV7(clock.now().getTime(), randomUUID()),
    inFlight: new Set<string>(),
    inTransaction: new Set<number>(),
    recentContents: settings.roles.includes('worker') ? createRecentContents(() => clock.now().getTime()) : NO_RECENT_CONTENTS,
    withLargeBodyLock: createLargeBodyLock(),
  };
  opened = {
    ...context,
    alerts: createAlerts(context, remote),
    remote,
    access,
    close: async () => {
      await messages.close();
      await db.close();
    },
  };
  return opened;
}

type ContextBasics = Pick<Context, 'db' | 'log' | 'clock' | 'random' | 'processId'>;

/** The clients of the platforms, and their observer. */
function createPlatformCalls(
  { db, log, clock, random, processId }: ContextBasics,
  { sleep }: RuntimeOptions,
  context: () => Context,
): { access: PlatformAccess; remote: SharedRemote } {
  const now = () => clock.now();
  const trials = createCredentialTrials(db);
  const access = createPlatformAccess(context, trials);
  const remote = createRemote({
    limits: createRateLimits(db, processId, now),
    sessions: createSessions(db, now),
    trials,
    clock,
    random,
    log,
    observer: access,
    ...(sleep ? { sleep } : {}),
  });
  return { access, remote };
}

/** Wakes waiting code in this process, and in others on the same database once they listen. */
function createNotifiers(messages: Messages): Pick<OpenContext, 'deliveryArrived' | 'feedChanged' | 'pollIntervalMs' | 'listen'> {
  const deliveryArrived = createNotifier();
  const feedChanged = createNotifier();
  return {
    deliveryArrived: alsoSending(deliveryArrived, () => messages.send('deliveries')),
    feedChanged: alsoSending(feedChanged, () => messages.send('feed')),
    pollIntervalMs: () => (messages.arrive() ? LOOK_AGAIN_IF_SENT_MS : LOOK_AGAIN_MS),
    listen: () => messages.listen((topic) => (topic === 'feed' ? feedChanged : deliveryArrived).notify()),
  };
}

/** Wakes waiting code in this process and notifies the other processes. */
const alsoSending = (notifier: Notifier, send: () => void): Notifier => ({
  ...notifier,
  notify() {
    notifier.notify();
    send();
  },
});

/** One API client per connection's settings: all callers share its login and its circuit. */
function createApis(remote: SharedRemote): (connection: Connection) => PlatformApi | null {
  const apis = new WeakMap<CommonSettings, { api: PlatformApi | null }>();
  return (connection) => {
    const known = apis.get(connection.settings);
    if (known) return known.api;
    const api = connection.platform.connect(connection.settings, remote.forConnection(connection.name));
    apis.set(connection.settings, { api });
    return api;
  };
}
