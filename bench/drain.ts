import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { type BenchDatabase, countApplied, type Engine, untilApplied } from './engine.ts';
import { orders, postOrders } from './load.ts';
import { watchCores } from './machine.ts';
import { rounded } from './percentile.ts';
import { sampleEvent } from './sample.ts';
import { runProgram, startProgram, startService } from './service.ts';

export interface Floor {
  seconds: number;
  cpuMs: number;
  orders: number;
}

export interface Drain {
  orders: number;
  perSecond: number;
  floorPerSecond: number;
  ratio: number;
}

/** Stores a backlog through the service's own intake. */
async function storeBacklog(database: BenchDatabase, count: number): Promise<void> {
  const service = await startService({ databaseUrl: database.url, directory: database.directory, roles: 'web' });
  const { refused } = await postOrders(service.url, 32, orders('backlog', count, sampleEvent));
  await service.stop();
  if (refused > 0) throw new Error(`${refused} orders of the backlog were refused.`);
}

/** Orders per second from the moment when the first tenth is applied (the processes have started by then) to the last. */
async function drainRate(database: BenchDatabase, count: number): Promise<number> {
  await untilApplied(database.db, Math.ceil(count / 10));
  const from = { count: await countApplied(database.db), ms: performance.now() };
  await untilApplied(database.db, count);
  return ((count - from.count) * 1000) / (performance.now() - from.ms);
}

/** A backlog that is processed by one process, next to the lower bound that applies as many. */
export async function measureDrain(engine: Engine, count: number): Promise<Drain> {
  const [own, floors] = [await engine.create(), await engine.create()];
  try {
    await storeBacklog(own, count);
    await runProgram<Floor>('floor-program.ts', floors.url, 'store', String(count));
    const floor = await runProgram<Floor>('floor-program.ts', floors.url, 'apply', String(count));
    const service = await startService({ databaseUrl: own.url, directory: own.directory, roles: 'worker' });
    const perSecond = await drainRate(own, count);
    await service.stop();
    const floorPerSecond = floor.orders / floor.seconds;
    return {
      orders: count,
      perSecond: Math.round(perSecond),
      floorPerSecond: Math.round(floorPerSecond),
      ratio: rounded(perSecond / floorPerSecond),
    };
  } finally {
    await own.drop();
    await floors.drop();
  }
}

export interface Workers {
  workers: number;
  perSecond: number;
  /** Relative to one worker of the same run. */
  timesOne: number;
  coresBusy: number;
  /** The expected factor: 1.8 and 3 times one worker or, if the cores are saturated, 0.85 × cores / cores that were busy with one worker. */
  goal: number;
}

const AWAY_MS = 5;

/** A backlog that is processed by one, two and four processes whose database responds 5 ms late. */
export async function measureWorkers(engine: Engine, count: number, numbers: readonly number[]): Promise<Workers[]> {
  const measured: Workers[] = [];
  for (const workers of numbers) {
    const { perSecond, coresBusy } = await drainWith(engine, count, workers);
    const one = measured[0] ?? { perSecond, coresBusy };
    const full = coresBusy > 0.9 * cpus().length;
    const wanted = workers === 1 ? 1 : workers === 2 ? 1.8 : 3;
    measured.push({
      workers,
      perSecond: Math.round(perSecond),
      timesOne: rounded(perSecond / one.perSecond),
      coresBusy: rounded(coresBusy),
      goal: rounded(full ? Math.min(wanted, (0.85 * cpus().length) / one.coresBusy) : wanted),
    });
  }
  return measured;
}

async function drainWith(engine: Engine, count: number, workers: number): Promise<{ perSecond: number; coresBusy: number }> {
  const database = await engine.create();
  await storeBacklog(database, count);
  const { hostname, port } = new URL(database.url);
  const proxy = await startProgram('delaying-proxy-server.ts', hostname, port, String(AWAY_MS));
  const away = new URL(database.url);
  away.port = proxy.url;
  const services = await Promise.all(
    Array.from({ length: workers }, (_, index) =>
      startService({ databaseUrl: away.href, directory: `${database.directory}/${index}`, roles: 'worker' }),
    ),
  );
  try {
    await untilApplied(database.db, Math.ceil(count / 10));
    const cores = await watchCores();
    const perSecond = await drainRate(database, count);
    return { perSecond, coresBusy: await cores() };
  } finally {
    await Promise.all(services.map((service) => service.stop()));
    await proxy.stop();
    await sleep(200);
    await database.drop();
  }
}
