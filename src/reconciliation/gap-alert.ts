import type { Context } from '../context.ts';
import type { Connection } from '../platforms/contract/platform.ts';
import { countLostGaps, hasDeliveries } from '../store/reconciliation/gaps.ts';
import { listRuns, type RunRow } from '../store/reconciliation/list-runs.ts';

const MAX_GAPS = 10;
const MAX_SHARE = 0.05;

/**
 * Alerts when a run has found more gaps than the tolerance allows; closes the alert with the first run that finds fewer. Gaps whose
 * delivery was only late do not count: nothing was lost.
 */
export async function alertOnGaps(context: Context, connection: Connection, run: RunRow): Promise<void> {
  const { seen } = run.counts;
  const gaps = run.counts.gaps === 0 ? 0 : await countLostGaps(context.db.read, run.id);
  if (gaps <= MAX_GAPS && gaps <= seen * MAX_SHARE) {
    context.alerts.close(
      'gaps_found',
      connection.name,
      `${connection.name}: the last reconcile run found no significant gaps in the deliveries.`,
    );
    return;
  }
  if (await isFirstFilling(context, connection, run)) return;
  context.alerts.open({
    level: 'warning',
    code: 'gaps_found',
    connection: connection.name,
    text: `${connection.name}: reconciliation found ${gaps} change(s) that no delivery had reported, of ${seen} compared. They have been applied; see the run for their causes.`,
    details: { runId: run.id, gaps, seen },
  });
}

/** Before the first run and the first delivery everything is new, and nothing was missed. */
async function isFirstFilling(context: Context, connection: Connection, run: RunRow): Promise<boolean> {
  const runs = await listRuns(context.db.read, { connection: connection.name, state: 'done' }, { before: run.seq, limit: 1 });
  return runs.length === 0 && !(await hasDeliveries(context.db.read, connection.name));
}
