import type { Floor } from './drain.ts';
import { type Engine, untilApplied } from './engine.ts';
import { orders, postOrders } from './load.ts';
import { rounded } from './percentile.ts';
import { sampleEvent } from './sample.ts';
import { runProgram, startService, usageOf } from './service.ts';

export interface EndToEnd {
  orders: number;
  perSecond: number;
  floorPerSecond: number;
  ratio: number;
  cpuMsPerOrder: number;
  floorCpuMsPerOrder: number;
  refused: number;
}

const CONNECTIONS = 64;
const WARM = 300;

/**
 * Five-line orders from the first request to the last entry of the feed, through one process; next to the lower bound that stores and applies as
 * many.
 */
export async function measureEndToEnd(engine: Engine, count: number): Promise<EndToEnd> {
  const [database, floors] = [await engine.create(), await engine.create()];
  const floor = await runProgram<Floor>('floor-program.ts', floors.url, 'both', String(count));
  await floors.drop();
  const service = await startService({ databaseUrl: database.url, directory: database.directory });
  try {
    await postOrders(service.url, CONNECTIONS, orders('warm', WARM, sampleEvent));
    await untilApplied(database.db, WARM);
    const before = await usageOf(service.pid);
    const startedMs = performance.now();
    const { refused } = await postOrders(service.url, CONNECTIONS, orders('order', count, sampleEvent));
    await untilApplied(database.db, WARM + count);
    const seconds = (performance.now() - startedMs) / 1000;
    const { cpuMs } = await usageOf(service.pid);
    const floorPerSecond = floor.orders / floor.seconds;
    return {
      orders: count,
      perSecond: Math.round(count / seconds),
      floorPerSecond: Math.round(floorPerSecond),
      ratio: rounded(count / seconds / floorPerSecond),
      cpuMsPerOrder: rounded((cpuMs - before.cpuMs) / count),
      floorCpuMsPerOrder: rounded(floor.cpuMs / floor.orders),
      refused,
    };
  } finally {
    await service.stop();
    await database.drop();
  }
}
