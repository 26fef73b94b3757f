import { type Engine, untilApplied } from './engine.ts';
import { orders, postOrders } from './load.ts';
import { rounded } from './percentile.ts';
import { sampleEvent } from './sample.ts';
import { startService, usageOf } from './service.ts';

export interface EndToEnd {
  orders: number;
  perSecond: number;
  cpuMsPerOrder: number;
  refused: number;
}

const CONNECTIONS = 64;
const WARM = 300;

/** Five-line orders from the first request to the last entry of the feed, through one process. */
export async function measureEndToEnd(engine: Engine, count: number): Promise<EndToEnd> {
  const database = await engine.create();
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
    return { orders: count, perSecond: Math.round(count / seconds), cpuMsPerOrder: rounded((cpuMs - before.cpuMs) / count), refused };
  } finally {
    await service.stop();
    await database.drop();
  }
}
