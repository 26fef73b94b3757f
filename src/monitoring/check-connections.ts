import type { Context } from '../context.ts';
import { errorText } from '../domain/outcome.ts';
import { readOpenAlerts } from '../store/monitoring/alerts.ts';
import { readDeadConnections } from '../store/monitoring/read-health.ts';
import { closeTimeAlerts } from './close-time-alerts.ts';
import { checkFailureBudget } from './failure-budget.ts';
import { checkSilence } from './silence.ts';

/** Checks what no request triggers: silence, failure budgets that run out over time, and dead deliveries that are gone. Runs on a schedule. */
export async function checkConnections(context: Context): Promise<void> {
  for (const connection of context.connections.list()) {
    for (const check of [checkSilence, checkFailureBudget]) {
      await check(context, connection).catch((error: unknown) =>
        context.log.warn('connection_check_failed', { connection: connection.name, error: errorText(error) }),
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
      context.alerts.close('delivery_dead', connection, `${connection}: no dead deliveries are left.`);
  }
}
