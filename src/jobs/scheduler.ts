import { createTask, type ScheduledTask } from 'node-cron';
import type { Context } from '../context.ts';
import { errorText } from '../domain/outcome.ts';
import type { Connection } from '../platforms/contract/platform.ts';
import { isInterrupted } from '../reconciliation/interrupted.ts';
import type { Reconciler } from '../reconciliation/reconciler.ts';
import { claimScheduledTick } from './claim-tick.ts';
import type { ScheduledJob } from './scheduled-jobs.ts';

export interface Schedule {
  /** Stops what runs by the clock; a reconcile run is broken off, to be continued. */
  stop(): Promise<void>;
}

/** How often it is looked for runs that another process left behind, and for connections that a reload has changed. */
const LOOK_MS = 2000;

/**
 * Keeps the timetable: every connection is reconciled at the start, after a standstill, and by its own schedule; other duties by theirs.
 * Any number of processes may keep it: each entry is done by one.
 */
export function startSchedule(context: Context, reconciler: Reconciler, duties: readonly ScheduledJob[]): Schedule {
  const underWay = new Set<Promise<unknown>>();
  const planned = new Map<string, { expression: string; task: ScheduledTask }>();
  const guarded = (step: string, work: () => Promise<unknown>) => {
    const done: Promise<unknown> = work()
      .catch((error: unknown) => context.log.error('schedule', { step, error: errorText(error) }))
      .finally(() => underWay.delete(done));
    underWay.add(done);
  };
  const plan = (duty: ScheduledJob) =>
    planTask(context, duty, (at) => guarded(duty.name, async () => (await claimScheduledTick(context, duty.name, at)) && duty.perform()));
  const tasks = duties.map(plan);
  const look = () => {
    for (const connection of context.connections.list().filter(isPlanned))
      guarded(`reconcile ${connection.name}`, () => keepPlanned(connection));
    for (const [name, { task }] of planned) if (!isPlanned(context.connections.get(name))) forget(name, task);
  };

  /** A connection that is new here begins a run at once; one whose run was left behind goes on with it. */
  async function keepPlanned(connection: Connection): Promise<void> {
    const expression = String(connection.reconcile.schedule);
    const known = planned.get(connection.name);
    if (known?.expression !== expression) {
      if (known) forget(connection.name, known.task);
      const perform = async () => reconcileIfPossible(context, reconciler, connection.name, 'schedule');
      planned.set(connection.name, { expression, task: plan({ name: `reconcile:${connection.name}`, expression, perform }) });
    }
    if (!known || (await isInterrupted(context, connection))) await reconcileIfPossible(context, reconciler, connection.name, 'start');
  }
  function forget(name: string, task: ScheduledTask): void {
    planned.delete(name);
    void task.destroy();
  }

  for (const duty of duties) if (duty.atStart) guarded(duty.name, duty.perform);

  // The first look comes with the first beat: what platforms kept back for our return has a moment to arrive by itself.
  const timer = setInterval(look, LOOK_MS);
  return {
    async stop() {
      clearInterval(timer);
      for (const task of [...tasks, ...[...planned.values()].map((one) => one.task)]) await task.destroy();
      planned.clear();
      await reconciler.stop();
      await Promise.all(underWay);
    },
  };
}

const isPlanned = (connection: Connection | undefined): boolean => connection !== undefined && connection.reconcile.schedule !== false;

function planTask(context: Context, { name, expression }: ScheduledJob, tick: (at: Date) => void): ScheduledTask {
  const { log } = context;
  const say = (message: string | Error) => log.debug('timetable', { entry: name, text: String(message) });
  const logger = { debug: say, info: say, warn: say, error: say };
  const task = createTask(expression, ({ date }) => tick(date), { timezone: 'UTC', logger });
  void task.start();
  return task;
}

/** A connection without an API has nothing to compare with: that is no fault. */
async function reconcileIfPossible(context: Context, reconciler: Reconciler, name: string, trigger: 'schedule' | 'start'): Promise<void> {
  const connection = context.connections.get(name);
  if (connection && context.api(connection)) await reconciler.reconcile(connection, trigger);
}
