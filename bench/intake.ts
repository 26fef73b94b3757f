import type { Engine } from './engine.ts';
import { type Load, ordersFor, postOrders } from './load.ts';
import { median, rounded } from './percentile.ts';
import { sampleEvent } from './sample.ts';
import { type Running, startProgram, startService, usageOf } from './service.ts';

export interface Intake {
  baselinePerSecond: number;
  perSecond: number;
  ratio: number;
  baselineP99Ms: number;
  p99Ms: number;
  p99Ratio: number;
  /** Processor time of the service and of the handler, in milliseconds per request: less affected by other load on the machine than rates are. */
  cpuMsPerRequest: number;
  baselineCpuMsPerRequest: number;
  cpuRatio: number;
  refused: number;
}

const CONNECTIONS = 64;

/**
 * Intake (authenticated, deduplicated, committed and synced) next to an Express handler that parses and stores nothing: the two alternate, so that
 * changes in the machine's speed affect both. Every request is a new event of five lines.
 */
export async function measureIntake(engine: Engine, rounds: number, seconds: number): Promise<Intake> {
  const database = await engine.create();
  const baseline = await startProgram('baseline-server.ts');
  const service = await startService({ databaseUrl: database.url, directory: database.directory, roles: 'web' });
  try {
    await load(baseline, 'warm', 1);
    await load(service, 'warm', 1);
    const pairs: { baseline: CostedLoad; intake: CostedLoad }[] = [];
    for (let round = 0; round < rounds; round++) {
      pairs.push({ baseline: await load(baseline, `b${round}`, seconds), intake: await load(service, `i${round}`, seconds) });
    }
    const middle = (of: (pair: (typeof pairs)[number]) => number) => median(pairs.map(of));
    return {
      baselinePerSecond: middle((pair) => pair.baseline.perSecond),
      perSecond: middle((pair) => pair.intake.perSecond),
      ratio: rounded(middle((pair) => pair.intake.perSecond / pair.baseline.perSecond)),
      baselineP99Ms: middle((pair) => pair.baseline.p99Ms),
      p99Ms: middle((pair) => pair.intake.p99Ms),
      p99Ratio: rounded(middle((pair) => pair.intake.p99Ms / pair.baseline.p99Ms)),
      cpuMsPerRequest: rounded(
        middle((pair) => pair.intake.cpuMs),
        3,
      ),
      baselineCpuMsPerRequest: rounded(
        middle((pair) => pair.baseline.cpuMs),
        3,
      ),
      cpuRatio: rounded(middle((pair) => pair.baseline.cpuMs / pair.intake.cpuMs)),
      refused: pairs.reduce((sum, pair) => sum + pair.intake.refused, 0),
    };
  } finally {
    await Promise.all([service.stop(), baseline.stop()]);
    await database.drop();
  }
}

type CostedLoad = Load & { cpuMs: number };

/** A load with the processor time that the process used per request. */
async function load({ url, pid }: Running, name: string, seconds: number): Promise<CostedLoad> {
  const before = await usageOf(pid);
  const done = await postOrders(url, CONNECTIONS, ordersFor(name, seconds, sampleEvent));
  return { ...done, cpuMs: ((await usageOf(pid)).cpuMs - before.cpuMs) / done.sent };
}
