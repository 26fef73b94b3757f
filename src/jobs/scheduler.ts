import { createTask, type ScheduledTask } from 'node-cron';
import type { Context } from '../context.ts';
import { errorText } from '../domain/outcome.ts';
import type { Connection } from '../platforms/contract/platform.ts';
import { isInterrupted } from '../reconciliation/interrupted.ts';
import type { Reconciler } from '../reconciliation/reconciler.ts';
import { claimScheduledTick } from './claim-tick.ts';
import type { ScheduledJob } from './scheduled-jobs.ts';

export interface Schedule {
  /** Stops the scheduled jobs; a reconcile run is interrupted, to be continued. */
  stop(): Promise<void>;
}

/** How often to check for runs that another process left unfinished, and for connections changed by a reload. */
const CHECK_MS = 2000;

/**
 * Runs the schedule: every connection is reconciled at the start, after downtime, and by its own schedule; other jobs by theirs.
 * Any number of processes may run it: each job is performed by one of them.
 */
export function startSchedule(context: Context, reconciler: Reconciler, jobs: readonly ScheduledJob[]): Schedule {
  const running = new Set<Promise<unknown>>();
  const scheduled = new Map<string, { expression: string; task: ScheduledTask }>();
  const runLogged = (step: string, work: () => Promise<unknown>) => {
    const done: Promise<unknown> = work()
      .catch((error: unknown) => context.log.error('scheduled_job_failed', { step, error: errorText(error) }))
      .finally(() => running.delete(done));
    running.add(done);
  };
  const schedule = (job: ScheduledJob) =>
    createCronTask(context, job, (at) =>
      runLogged(job.name, async () => (await claimScheduledTick(context, job.name, at)) && job.perform()),
    );
  const tasks = jobs.map(schedule);
  const check = () => {
    for (const connection of context.connections.list().filter(isScheduled))
      runLogged(`reconcile ${connection.name}`, () => ensureScheduled(connection));
    for (const [name, { task }] of scheduled) if (!isScheduled(context.connections.get(name))) forget(name, task);
  };

  /** A connection that is new here starts a run immediately; one with an unfinished run continues it. */
  async function ensureScheduled(connection: Connection): Promise<void> {
    const expression = String(connection.reconcile.schedule);
    const known = scheduled.get(connection.name);
    if (known?.expression !== expression) {
      if (known) forget(connection.name, known.task);
      const perform = async () => reconcileIfPossible(context, reconciler, connection.name, 'schedule');
      scheduled.set(connection.name, { expression, task: schedule({ name: `reconcile:${connection.name}`, expression, perform }) });
    }
    if (!known || (await isInterrupted(context, connection))) await reconcileIfPossible(context, reconciler, connection.name, 'start');
  }
  function forget(name: string, task: ScheduledTask): void {
    scheduled.delete(name);
    void task.destroy();
  }

  for (const job of jobs) if (job.atStart) runLogged(job.name, job.perform);

  // The first check waits one interval: deliveries that platforms retry after our downtime can arrive by themselves.
  const timer = setInterval(check, CHECK_MS);
  return {
    async stop() {
      clearInterval(timer);
      for (const task of [...tasks, ...[...scheduled.values()].map((one) => one.task)]) await task.destroy();
      scheduled.clear();
      await reconciler.stop();
      await Promise.all(running);
    },
  };
}

const isScheduled = (connection: Connection | undefined): boolean => connection !== undefined && connection.reconcile.schedule !== false;

function createCronTask(context: Context, { name, expression }: ScheduledJob, tick: (at: Date) => void): ScheduledTask {
  const { log } = context;
  const logMessage = (message: string | Error) => log.debug('cron_message_logged', { entry: name, text: String(message) });
  const logger = { debug: logMessage, info: logMessage, warn: logMessage, error: logMessage };
  const task = createTask(expression, ({ date }) => tick(date), { timezone: 'UTC', logger });
  void task.start();
  return task;
}

/** A connection without an API has nothing to compare with, which is not an error. */
async function reconcileIfPossible(context: Context, reconciler: Reconciler, name: string, trigger: 'schedule' | 'start'): Promise<void> {
  const connection = context.connections.get(name);
  if (connection && context.api(connection)) await reconciler.reconcile(connection, trigger);
}
