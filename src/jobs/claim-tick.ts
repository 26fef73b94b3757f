import type { Context } from '../context.ts';
import { claimTick } from '../store/engine/leases.ts';

/** Whether this process is the one, of all, that keeps the timetable's entry `name` at `at`. Its clock may differ from theirs by less than the entry's interval. */
export const claimScheduledTick = (context: Pick<Context, 'db'>, name: string, at: Date): Promise<boolean> =>
  context.db.write((sql) => claimTick(sql, `turn:${name}`, at.toISOString()));
