import type { Context } from '../../context.ts';
import type { Connection } from '../../platforms/contract/platform.ts';
import { type Journey, readJourneys } from '../../store/monitoring/read-health.ts';
import { type Calculated, rememberFigure } from './remember-figures.ts';

/** Milliseconds; null: no sample. */
export interface Percentiles {
  p50: number | null;
  p90: number | null;
  p99: number | null;
  samples: number;
}

/** How long changes took on each leg from the platform to being booked in the ERP. */
export interface Latency {
  platformToReceived: Percentiles;
  receivedToApplied: Percentiles;
  appliedToPulled: Percentiles;
  pulledToBooked: Percentiles;
}

const DAY_MS = 86_400_000;

/** For the newest 1000 changes of the last day that came from deliveries. */
export const latency: (context: Context, connection: Connection) => Promise<Latency> = rememberFigure(calculateLatency);

async function calculateLatency(context: Context, connection: Connection): Promise<Calculated<Latency>> {
  const from = new Date(context.clock.now().getTime() - DAY_MS).toISOString();
  const journeys = await readJourneys(context.db.read, connection.name, from);
  const leg = (begin: keyof Journey, end: keyof Journey) => percentiles(journeys.flatMap((one) => tookMs(one[begin], one[end])));
  const figure = {
    platformToReceived: leg('platformAt', 'receivedAt'),
    receivedToApplied: leg('receivedAt', 'appliedAt'),
    appliedToPulled: leg('appliedAt', 'pulledAt'),
    pulledToBooked: leg('pulledAt', 'bookedAt'),
  };
  return { figure, rows: journeys.length };
}

// A platform's clock may be ahead of ours: a negative duration counts as zero.
const tookMs = (begin: string | null, end: string | null): number[] =>
  begin === null || end === null ? [] : [Math.max(0, Date.parse(end) - Date.parse(begin))];

export function percentiles(values: readonly number[]): Percentiles {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number | null => sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null;
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99), samples: sorted.length };
}
