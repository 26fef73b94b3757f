import type { Figures } from './measure.ts';

export interface Row {
  what: string;
  figure: string;
  goal: string;
}

/** The figures of one engine in readable form. */
export function tableOf(figures: Figures): Row[] {
  const rows: Row[] = [];
  const add = (what: string, figure: unknown, goal = '') => rows.push({ what, figure: String(figure), goal });
  const { endToEnd, intake, drain, latency, workers, stored, atRest, large } = figures;
  if (endToEnd) {
    add('end to end, orders/s', endToEnd.perSecond);
    add('  floor, orders/s', endToEnd.floorPerSecond);
    add('  against the floor', endToEnd.ratio, '>= 0.5');
    add('  CPU of the service / of the floor, ms per order', `${endToEnd.cpuMsPerOrder} / ${endToEnd.floorCpuMsPerOrder}`);
    add('  refused', endToEnd.refused, '0');
  }
  if (intake) {
    add('intake, requests/s', intake.perSecond);
    add('  Express handler that stores nothing, requests/s', intake.baselinePerSecond);
    add('  against that handler', intake.ratio, '>= 0.6');
    add('  CPU of the service / of the handler, ms per request', `${intake.cpuMsPerRequest} / ${intake.baselineCpuMsPerRequest}`);
    add('  CPU of the handler against the service', intake.cpuRatio, '>= 0.6');
    add('  p99, ms', `${intake.p99Ms} (handler ${intake.baselineP99Ms})`);
    add('  p99 against that handler', intake.p99Ratio, '<= 1.5');
    add('  refused', intake.refused, '0');
  }
  if (drain) {
    add('drain, orders/s', drain.perSecond);
    add('  floor, orders/s', drain.floorPerSecond);
    add('  against the floor', drain.ratio, '>= 0.7');
  }
  for (const one of latency ?? []) {
    const name = `request to feed at 50/s, ${one.processes} process${one.processes === 1 ? '' : 'es'}`;
    add(`${name}, p50 / p99 ms`, `${one.p50Ms} / ${one.p99Ms}`, one.processes === 1 ? 'p99 < 60' : 'p99 < 100');
  }
  for (const one of workers ?? []) {
    add(
      `database 5 ms away, ${one.workers} worker${one.workers === 1 ? '' : 's'}, orders/s`,
      `${one.perSecond} (${one.timesOne} x, ${one.coresBusy} cores busy)`,
      one.workers === 1 ? '' : `>= ${one.goal} x`,
    );
  }
  if (stored) {
    add(`bytes stored for an order of five lines (${stored.bodyBytes} as received)`, stored.bytesPerOrder, '<= 6000');
    add('feed by pages of 1,000, entries/s of two lines', stored.feedTwoLinesPerSecond, '>= 30000');
    add('  entries/s of five lines', `${stored.feedPerSecond} (${stored.feedMbPerSecond} MB/s)`, '>= 50 MB/s');
  }
  if (atRest) add('at rest, % of a core / MB', `${atRest.cpuPercent} / ${atRest.residentMb}`, '<= 0.5 %');
  if (large) {
    add(`end to end with ${large.held} orders held, orders/s`, `${large.perSecond} (with none ${large.perSecondWithNone})`);
    add('  against none', large.ratio, '>= 0.85');
    for (const [path, ms] of Object.entries(large.slowestMs)) add(`  ${path}, slowest of 20, ms`, ms, '<= 100');
  }
  return rows;
}
