import type { Context } from '../context.ts';
import { isGone } from '../domain/values/process-name.ts';
import { circuitOf } from '../monitoring/platform-access.ts';
import type { Connection } from '../platforms/contract/platform.ts';
import { areCredentialsRefused } from '../store/access/credential-trials.ts';
import { readLease } from '../store/engine/leases.ts';
import { listRuns, type RunRow } from '../store/reconciliation/list-runs.ts';

/**
 * Whether a connection's last run was left unfinished by a process that has exited or lost its lease, or failed because the platform could not be
 * called and can be called now: it refused our credentials and no longer does, or it was down.
 */
export async function isInterrupted(context: Context, connection: Connection): Promise<boolean> {
  const [last] = await listRuns(context.db.read, { connection: connection.name, state: null }, { before: null, limit: 1 });
  if (last?.state === 'failed') return canBeCalledAgain(context, connection, last);
  if (last?.state !== 'running') return false;
  const lease = await readLease(context.db.read, `reconcile:${connection.name}`);
  return lease === null || lease.until < context.clock.now().toISOString() || isGone(lease.owner.split('#')[0] ?? '', context.processId);
}

/** The minimum time between runs that fail immediately because of an outage. */
const APART_MS = 30_000;

async function canBeCalledAgain(context: Context, connection: Connection, { error, finishedAt }: RunRow): Promise<boolean> {
  if (error?.startsWith('platform_refuses_us:')) return !(await areCredentialsRefused(context.db.read, connection.name));
  if (!error?.startsWith('circuit_open:')) return false;
  const sinceMs = context.clock.now().getTime() - Date.parse(finishedAt ?? '');
  return sinceMs >= APART_MS && (await circuitOf(context, connection)) === 'closed';
}
