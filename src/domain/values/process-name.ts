import { readFileSync } from 'node:fs';

/** `host:pid:random`: the end of a process on the same host can be detected before its leases expire. */
export const processName = (host: string, pid: number, random: string): string => `${host}:${pid}:${random}`;

/** Whether the process with this name (`host:pid:random`) is known to have ended, as seen by `self`. */
export function isGone(worker: string, self: string): boolean {
  const [host, pid] = worker.split(':');
  const [ownHost, ownPid] = self.split(':');
  if (worker === self || host !== ownHost) return false;
  // The same process id after a restart: the old process has ended (in containers it is always 1).
  if (pid === ownPid) return true;
  try {
    process.kill(Number(pid), 0);
    return isZombie(Number(pid));
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
}

/** A process that has ended but has not been reaped by its parent can still be signalled. `/proc/PID/stat`: pid (name) state …, see proc(5). */
function isZombie(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.startsWith('Z') === true;
  } catch {
    return false;
  }
}
