import type { Context } from '../context.ts';
import { FUTURE_TIME, UNREADABLE_TIME } from '../domain/values/time.ts';
import { readLastDrift } from '../store/drift/read-last.ts';
import { readOpenAlerts } from '../store/monitoring/alerts.ts';

const QUIET_MS = 24 * 3_600_000;

/** Closes alerts about reported times when none has occurred for a day. */
export async function closeTimeAlerts(context: Context): Promise<void> {
  const since = new Date(context.clock.now().getTime() - QUIET_MS).toISOString();
  for (const { code, connection } of await readOpenAlerts(context.db.read)) {
    if (connection === null || (code !== UNREADABLE_TIME && code !== FUTURE_TIME)) continue;
    const last = await readLastDrift(context.db.read, connection, code);
    if (last !== null && last >= since) continue;
    if (code === UNREADABLE_TIME)
      context.alerts.close('unreadable_time', connection, `${connection}: all times reported in the last day were readable.`);
    else context.alerts.close('future_time', connection, `${connection}: no time reported in the last day was in the future.`);
  }
}
