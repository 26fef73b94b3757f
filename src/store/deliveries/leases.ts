import type { Sql } from '../engine/database.ts';
import { rowsParameter } from '../engine/rows.ts';

/** Names of the leases for calls to platforms begin with this. */
export const REMOTE = 'remote:';

/** Whether any process is working on a delivery, or has a lease for calls to a platform. */
export async function isAnythingLeased(sql: Sql): Promise<boolean> {
  const rows = await sql.all(
    `select 1 as leased where exists (select 1 from deliveries where state = 'working')
       or exists (select 1 from leases where substr(name, 1, ${REMOTE.length}) = '${REMOTE}')`,
  );
  return rows.length > 0;
}

/** Extends the leases of the deliveries that `worker` is processing. */
export async function renewLeases(sql: Sql, worker: string, leaseUntil: string, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await sql.all(
    `update deliveries set lease_until = ? where state = 'working' and worker = ?
       and id in (select rows.id from ${sql.dialect.rowsOf({ id: 'text' })})`,
    [leaseUntil, worker, rowsParameter(ids.map((id) => ({ id })))],
  );
}

/** Releases deliveries that `worker` has claimed and not renewed: their leases end before `before`. Returns their number. */
export async function releaseDropped(sql: Sql, worker: string, before: string): Promise<number> {
  const given = await sql.all<{ id: string }>(
    `update deliveries set state = 'pending', worker = null, lease_until = null where state = 'working' and worker = ? and lease_until < ?
     returning id`,
    [worker, before],
  );
  return given.length;
}

/**
 * Makes deliveries due that were postponed by a clock that was ahead: received after `now`, or to be retried only after `longest`. Returns their
 * number.
 */
export async function bringForward(sql: Sql, now: string, longest: string): Promise<number> {
  const brought = await sql.all<{ id: string }>(
    `update deliveries set next_attempt_at = ? where state = 'pending' and next_attempt_at > ? and (received_at > ? or next_attempt_at > ?)
     returning id`,
    [now, now, now, longest],
  );
  return brought.length;
}

/** Requeues the deliveries of workers that have exited: their lease has expired, or `isGone` already says so. Returns their number. */
export async function reclaimDeliveries(sql: Sql, now: string, isGone: (worker: string) => boolean): Promise<number> {
  const workers = await sql.all<{ worker: string }>(
    `select distinct worker from deliveries where state = 'working' and worker is not null`,
  );
  const gone = workers.map((row) => row.worker).filter(isGone);
  const given = await sql.all<{ id: string }>(
    `update deliveries set state = 'pending', worker = null, lease_until = null where state = 'working'
       and (lease_until < ? or worker in (select rows.worker from ${sql.dialect.rowsOf({ worker: 'text' })})) returning id`,
    [now, rowsParameter(gone.map((worker) => ({ worker })))],
  );
  return given.length;
}
