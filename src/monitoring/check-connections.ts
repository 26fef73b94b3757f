import type { Context } from '../context.ts';
import { errorText } from '../domain/outcome.ts';
import { checkFailureBudget } from './health/failure-budget.ts';
import { checkSilence } from './health/silence.ts';
import { closeQuietAlerts, closeUnconfiguredAlerts, updateFailureAlerts } from './update-alerts.ts';

/** Checks what no request triggers: silence, failure budgets that run out over time, and alerts whose facts have changed. Runs on a schedule. */
export async function checkConnections(context: Context): Promise<void> {
  for (const connection of context.connections.list()) {
    for (const check of [checkSilence, checkFailureBudget]) {
      await check(context, connection).catch((error: unknown) =>
        context.log.warn('connection_check_failed', { connection: connection.name, error: errorText(error) }),
      );
    }
  }
  await updateFailureAlerts(context);
  await closeQuietAlerts(context);
  await closeUnconfiguredAlerts(context);
}
