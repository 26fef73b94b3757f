import type { Context } from '../context.ts';
import { claimTick } from '../store/engine/leases.ts';

/** Whether this process is the one that runs the scheduled job `name` at `at`. The clocks of the processes must differ by less than the job's interval. */
export const claimScheduledTick = (context: Pick<Context, 'db'>, name: string, at: Date): Promise<boolean> =>
  context.db.write((sql) => claimTick(sql, `turn:${name}`, at.toISOString()));
