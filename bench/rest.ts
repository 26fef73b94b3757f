import { setTimeout as sleep } from 'node:timers/promises';
import type { Engine } from './engine.ts';
import { rounded } from './percentile.ts';
import { startService, usageOf } from './service.ts';

export interface AtRest {
  /** Of one core. */
  cpuPercent: number;
  residentMb: number;
}

/** What a process with all roles uses while idle: for `seconds`, starting `afterSeconds` after it is ready. */
export async function measureAtRest(engine: Engine, afterSeconds: number, seconds: number): Promise<AtRest> {
  const database = await engine.create();
  const service = await startService({ databaseUrl: database.url, directory: database.directory });
  try {
    await sleep(afterSeconds * 1000);
    const before = await usageOf(service.pid);
    await sleep(seconds * 1000);
    const after = await usageOf(service.pid);
    return { cpuPercent: rounded((after.cpuMs - before.cpuMs) / (seconds * 10)), residentMb: after.residentMb };
  } finally {
    await service.stop();
    await database.drop();
  }
}
