import type { Context } from '../context.ts';
import { isGone } from '../domain/values/process-name.ts';
import type { Connection } from '../platforms/contract/platform.ts';
import { readLease } from '../store/engine/leases.ts';
import { listRuns } from '../store/reconciliation/list-runs.ts';

/** Whether a connection's run was left unfinished by a process that has exited or lost its lease. */
export async function isInterrupted(context: Context, connection: Connection): Promise<boolean> {
  const [last] = await listRuns(context.db.read, { connection: connection.name, state: null }, { before: null, limit: 1 });
  if (last?.state !== 'running') return false;
  const lease = await readLease(context.db.read, `reconcile:${connection.name}`);
  return lease === null || lease.until < context.clock.now().toISOString() || isGone(lease.owner.split('#')[0] ?? '', context.processId);
}
