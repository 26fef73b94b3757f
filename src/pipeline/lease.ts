import { reclaimDeliveries, renewLeases } from '../store/deliveries.ts';
import type { Context } from './context.ts';
import { LEASE_MS } from './work.ts';

/** `host:pid:random`: a process on the same host can be seen to be gone before its leases run out. */
export const processName = (host: string, pid: number, random: string): string => `${host}:${pid}:${random}`;

/** Lengthens what this process holds and gives back what others held that are gone. */
export async function keepLeases(context: Context): Promise<void> {
  const leaseUntil = new Date(context.clock.now().getTime() + LEASE_MS).toISOString();
  await context.db.write((sql) => renewLeases(sql, context.processId, leaseUntil));
  await recoverLeases(context);
}

/** Deliveries of processes that are gone become due again: nothing of their attempt was written. */
export async function recoverLeases(context: Context): Promise<void> {
  const now = context.clock.now().toISOString();
  const count = await context.db.write((sql) => reclaimDeliveries(sql, now, (worker) => isGone(worker, context.processId)));
  if (count === 0) return;
  context.log.warn('recovered', { deliveries: count });
  context.arrived.raise();
}

/** Whether the process that goes by `worker` (`host:pid:random`) is known to be no more, as seen by `self`. */
export function isGone(worker: string, self: string): boolean {
  const [host, pid] = worker.split(':');
  const [ownHost, ownPid] = self.split(':');
  if (worker === self || host !== ownHost) return false;
  // The same process number after a restart: the old one is gone (containers are always number 1).
  if (pid === ownPid) return true;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
