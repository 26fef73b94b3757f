import type { Context } from '../../context.ts';
import type { Connection } from '../../platforms/contract/platform.ts';
import { readAround, readArrivals, readLastDeliveryAt } from '../../store/monitoring/read-health.ts';
import { type Calculated, rememberFigure } from './remember-figures.ts';

/** How long a connection has been quiet, and how long is normal for it. */
export interface Silence {
  quietMs: number | null;
  /** Null: too little history. */
  expectedMs: number | null;
  silent: boolean;
}

const FEWEST_SAMPLES = 20;
const SAMPLES = 500;
const LEAST_MS = 5 * 60_000;
const WEEK_MS = 7 * 86_400_000;
const WEEKS = 4;

/**
 * The longest silence that is normal by a connection's history: three times the 99th percentile of its recent gaps or, if longer, 125 % of
 * the silence at this hour in one of the last weeks (nights and weekends). Pure.
 */
export function expectedSilenceMs(arrivals: readonly string[], weeklyGapsMs: readonly number[]): number | null {
  if (arrivals.length <= FEWEST_SAMPLES) return null;
  const times = arrivals.map((at) => Date.parse(at)).sort((a, b) => a - b);
  const gaps = times
    .slice(1)
    .map((time, position) => time - (times[position] ?? time))
    .sort((a, b) => a - b);
  const usual = gaps[Math.min(gaps.length - 1, Math.floor(gaps.length * 0.99))] ?? 0;
  return Math.round(Math.max(LEAST_MS, usual * 3, ...weeklyGapsMs.map((gap) => gap * 1.25)));
}

/** `lastAt`: when the last delivery arrived. */
export async function silence(context: Context, connection: Connection, lastAt: string | null): Promise<Silence> {
  if (lastAt === null) return { quietMs: null, expectedMs: null, silent: false };
  const quietMs = Math.max(0, context.clock.now().getTime() - Date.parse(lastAt));
  const expectedMs = await expectedSilence(context, connection);
  return { quietMs, expectedMs, silent: expectedMs !== null && quietMs > expectedMs };
}

/** Null: too little history. */
const expectedSilence = rememberFigure(calculateExpectedSilence);

async function calculateExpectedSilence(context: Context, { name }: Connection): Promise<Calculated<number | null>> {
  const arrivals = await readArrivals(context.db.read, name, SAMPLES + 1);
  if (arrivals.length <= FEWEST_SAMPLES) return { figure: null, rows: arrivals.length };
  const nowMs = context.clock.now().getTime();
  const weekly = await Promise.all(Array.from({ length: WEEKS }, (_none, week) => gapAt(context, name, nowMs - (week + 1) * WEEK_MS)));
  return { figure: expectedSilenceMs(arrivals, weekly), rows: arrivals.length };
}

/** The length of the silence around a moment in the past; 0 if unknown. */
async function gapAt(context: Context, connection: string, atMs: number): Promise<number> {
  const { before, after } = await readAround(context.db.read, connection, new Date(atMs).toISOString());
  return before === null || after === null ? 0 : Date.parse(after) - Date.parse(before);
}

/** Alerts when a connection has been quiet for too long; closes when deliveries arrive again. Runs on a schedule, outside any request. */
export async function checkSilence(context: Context, connection: Connection): Promise<void> {
  const { name, platform } = connection;
  const { quietMs, expectedMs, silent } = await silence(context, connection, await readLastDeliveryAt(context.db.read, name));
  if (!silent || quietMs === null || expectedMs === null)
    return context.alerts.close('silence', name, `${name}: deliveries are arriving again.`);
  context.alerts.open({
    level: 'warning',
    code: 'silence',
    connection: name,
    text: `${name}: nothing has arrived from ${platform.title} for ${minutes(quietMs)} minutes; up to ${minutes(expectedMs)} would be normal. Is the webhook still registered and enabled?`,
    details: { quietMs, expectedMs },
  });
}

const minutes = (ms: number): number => Math.round(ms / 60_000);
