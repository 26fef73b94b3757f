import { readFile } from 'node:fs/promises';
import { cpus } from 'node:os';

/** Cores of this machine that were busy between two samples, all processes together. Linux. */
export async function watchCores(): Promise<() => Promise<number>> {
  const before = await ticks();
  return async () => {
    const now = await ticks();
    return ((now.busy - before.busy) / Math.max(1, now.all - before.all)) * cpus().length;
  };
}

async function ticks(): Promise<{ busy: number; all: number }> {
  const [line = ''] = (await readFile('/proc/stat', 'utf8')).split('\n');
  const values = line.trim().split(/\s+/).slice(1).map(Number);
  const all = values.reduce((sum, value) => sum + value, 0);
  return { busy: all - (values[3] ?? 0) - (values[4] ?? 0), all };
}
