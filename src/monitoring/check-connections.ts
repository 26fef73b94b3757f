import type { Context } from '../context.ts';
import { errorText } from '../domain/outcome.ts';
import { readOpenAlerts } from '../store/monitoring/alerts.ts';
import { readDeadConnections } from '../store/monitoring/read-health.ts';
import { closeTimeAlerts } from './close-time-alerts.ts';
import { checkFailureBudget } from './failure-budget.ts';
import { checkSilence } from './silence.ts';

/** What no request tells: silence, patience that runs out with time, and dead letters that are gone. Called by the timetable. */
export async function checkConnections(context: Context): Promise<void> {
  for (const connection of context.connections.list()) {
    for (const watch of [checkSilence, checkFailureBudget]) {
      await watch(context, connection).catch((error: unknown) =>
        context.log.warn('watch', { connection: connection.name, error: errorText(error) }),
      );
    }
  }
  await closeDeadAlerts(context);
  await closeTimeAlerts(context);
}

/** The alert for dead deliveries ends when the last of them has been replayed or dismissed. */
export async function closeDeadAlerts(context: Context): Promise<void> {
  const lasting = await readOpenAlerts(context.db.read, 'delivery_dead');
  if (lasting.length === 0) return;
  const dead = await readDeadConnections(context.db.read);
  for (const { connection } of lasting) {
    if (connection !== null && !dead.has(connection))
      context.alerts.close('delivery_dead', connection, `${connection}: no delivery is dead any more.`);
  }
}
