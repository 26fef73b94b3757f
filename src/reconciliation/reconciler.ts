import type { Context } from '../context.ts';
import { Refused } from '../domain/errors.ts';
import type { PlatformApi } from '../platforms/contract/api.ts';
import type { Connection } from '../platforms/contract/platform.ts';
import type { Sql } from '../store/engine/database.ts';
import { acquireLease, findGoneOwner } from '../store/engine/leases.ts';
import { listRuns, type RunRow } from '../store/reconciliation/list-runs.ts';
import { completeRun, insertRun, type RunTrigger } from '../store/reconciliation/runs.ts';
import { readWatermarks } from '../store/reconciliation/watermarks.ts';
import { beginProgress } from './progress.ts';
import { executeRun } from './run.ts';
import { type ActiveRun, renewRunLease } from './run-lease.ts';

/** How long a run keeps its lease without renewing it. */
const LEASE_MS = 20_000;
const RENEW_EVERY_MS = 5000;

export interface StartedRun {
  runId: string;
  /** True: it was already in progress, here or in another process. */
  joined: boolean;
  /** Resolves when the run has ended or was interrupted; immediately for a run of another process. Never rejects. */
  ended: Promise<void>;
}

export interface Reconciler {
  /**
   * Compares a connection with its platform's API: continues an interrupted run, joins one that is in progress, or starts a new one.
   * `since` (ISO 8601) reads from that time instead of the watermark. Throws `Refused` if the connection has no API.
   */
  reconcile(connection: Connection, trigger: RunTrigger, options?: { since?: string | null }): Promise<StartedRun>;
  /** Interrupts the runs of this process; they are continued at the next start. */
  stop(): Promise<void>;
}

export interface ReconcilerOptions {
  /** Waits; resolves early when `stop` is aborted. */
  wait(ms: number, stop: AbortSignal): Promise<void>;
}

const DEFAULT_OPTIONS: ReconcilerOptions = {
  wait: (ms, stop) =>
    new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        stop.removeEventListener('abort', end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      if (stop.aborted) end();
      else stop.addEventListener('abort', end, { once: true });
    }),
};

export function createReconciler(context: Context, options: ReconcilerOptions = DEFAULT_OPTIONS): Reconciler {
  const running = new Map<string, StartedRun>();
  const stopping = new AbortController();

  function start(connection: Connection, api: PlatformApi, acquired: AcquiredRun): StartedRun {
    const run: ActiveRun = { ...acquired, context, connection, api, wait: options.wait, stop: new AbortController() };
    const interrupt = () => run.stop.abort();
    if (stopping.signal.aborted) interrupt();
    stopping.signal.addEventListener('abort', interrupt);
    const renewal = setInterval(() => void renewRunLease(run), RENEW_EVERY_MS);
    const ended = executeRun(run).finally(() => {
      clearInterval(renewal);
      stopping.signal.removeEventListener('abort', interrupt);
      running.delete(connection.name);
    });
    const begun = { runId: acquired.runId, joined: true, ended };
    running.set(connection.name, begun);
    return { ...begun, joined: false };
  }

  return {
    async reconcile(connection, trigger, { since = null } = {}) {
      const api = context.api(connection);
      if (!api) throw new Refused(409, 'api_missing', `${connection.name} has no API configured, so there is nothing to compare with.`);
      if (stopping.signal.aborted) throw new Refused(503, 'stopping', 'The service is stopping.');
      const here = running.get(connection.name);
      if (here) return here;
      const acquired = await acquireRun(context, connection, api, { trigger, since });
      if ('joined' in acquired) return acquired;
      return start(connection, api, acquired);
    },
    async stop() {
      stopping.abort();
      await Promise.all([...running.values()].map((begun) => begun.ended));
    },
  };
}

/** A run whose lease this process has acquired. */
type AcquiredRun = Pick<ActiveRun, 'runId' | 'progress' | 'lease' | 'continued' | 'since'>;

interface RunRequest {
  trigger: RunTrigger;
  since: string | null;
}

const leaseName = (connection: Connection): string => `reconcile:${connection.name}`;

/** Acquires the connection's lease together with its interrupted run or a new one, in one transaction so that no lease exists without a run. */
function acquireRun(context: Context, connection: Connection, api: PlatformApi, requested: RunRequest): Promise<AcquiredRun | StartedRun> {
  const now = context.clock.now();
  const owner = `${context.processId}#${context.makeId()}`;
  const lease = { name: leaseName(connection), owner, until: () => new Date(context.clock.now().getTime() + LEASE_MS).toISOString() };
  return context.db.write(async (sql) => {
    const gone = await findGoneOwner(sql, lease.name, context.processId);
    const acquired = await acquireLease(sql, { ...lease, until: lease.until() }, now.toISOString(), gone);
    const [last] = await listRuns(sql, { connection: connection.name, state: null }, { before: null, limit: 1 });
    if (!acquired) {
      if (last?.state !== 'running') throw new Refused(409, 'reconcile_busy', `${connection.name} is being reconciled.`);
      return { runId: last.id, joined: true, ended: Promise.resolve() };
    }
    if (last?.state === 'running' && requested.since === null) {
      return { runId: last.id, progress: last.progress, lease, continued: true, since: sinceOf(last) };
    }
    if (last?.state === 'running') {
      await completeRun(sql, last.id, {
        state: 'failed',
        at: now.toISOString(),
        error: 'superseded: A run with its own start time replaced it.',
      });
    }
    return beginRun(sql, { context, connection, api, requested, lease, last: last ?? null });
  });
}

async function beginRun(sql: Sql, { context, connection, api, requested, lease, last }: Begin): Promise<AcquiredRun> {
  const runId = context.makeId();
  const startedAt = context.clock.now().toISOString();
  const watermarks = await readWatermarks(sql, connection.name);
  const since = requested.since ?? connection.reconcile.since;
  // A failed run that found unreadable records is not continued: those records must be read again.
  const failed = last?.state === 'failed' && last.counts.failed === 0 && requested.since === null ? last.progress : null;
  const progress = beginProgress(api.streams, { watermarks, since, ownSince: requested.since !== null, failed, now: startedAt });
  await insertRun(sql, { id: runId, connection: connection.name, trigger: requested.trigger, startedAt, progress });
  return { runId, progress, lease, continued: failed !== null, since: requested.since };
}

interface Begin {
  context: Context;
  connection: Connection;
  api: PlatformApi;
  requested: RunRequest;
  lease: ActiveRun['lease'];
  last: RunRow | null;
}

function sinceOf(run: RunRow): string | null {
  return Object.values(run.progress).find((stream) => stream.ownSince)?.since ?? null;
}
