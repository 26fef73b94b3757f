import type { Context } from '../context.ts';
import { OrderdockError } from '../domain/errors.ts';
import { errorText } from '../domain/outcome.ts';
import type { PlatformApi } from '../platforms/contract/api.ts';
import type { Connection } from '../platforms/contract/platform.ts';
import type { Sql } from '../store/engine/database.ts';
import { type Lease, renewLease } from '../store/engine/leases.ts';
import type { RunProgress } from '../store/reconciliation/runs.ts';

/** A reconcile run that this process works on. */
export interface ActiveRun {
  context: Context;
  connection: Connection;
  api: PlatformApi;
  runId: string;
  /** The progress of each stream: updated as the run proceeds, stored with every transaction. */
  progress: RunProgress;
  /** The requested start instead of the watermark; null: the watermark. */
  since: string | null;
  lease: { name: string; owner: string; until(): string };
  /** Its page tokens come from an earlier attempt. */
  continued: boolean;
  wait(ms: number, stop: AbortSignal): Promise<void>;
  stop: AbortController;
}

/** Every write of a run renews its lease, so a run that was taken over can write nothing more. */
export async function assertLease(sql: Sql, { lease }: ActiveRun): Promise<void> {
  const own: Lease = { name: lease.name, owner: lease.owner, until: lease.until() };
  if (!(await renewLease(sql, own))) throw new OrderdockError('lease_lost', 'Another process has taken over the run.');
}

/** Renews the lease while the run waits for the platform; a run that has lost its lease is aborted. */
export async function renewRunLease({ context, lease, runId, stop }: ActiveRun): Promise<void> {
  try {
    const ours = await context.db.write((sql) => renewLease(sql, { name: lease.name, owner: lease.owner, until: lease.until() }));
    if (!ours) stop.abort();
  } catch (error) {
    context.log.warn('reconcile_lease_not_renewed', { runId, error: errorText(error) });
  }
}
