import type { Context } from '../context.ts';
import type { Connection } from '../platforms/contract/platform.ts';
import { readAround, readArrivals } from '../store/monitoring/read-health.ts';

/** How long a connection has been quiet, and how long it may be by its own history. */
export interface Silence {
  quietMs: number | null;
  /** Null: too little is known of it. */
  expectedMs: number | null;
  silent: boolean;
}

const FEWEST_SAMPLES = 20;
const SAMPLES = 500;
const LEAST_MS = 5 * 60_000;
const WEEK_MS = 7 * 86_400_000;
const WEEKS = 4;

/**
 * The longest silence that a connection's history gives no reason to worry about: three times the 99th percentile of its last gaps, or, if
 * longer, a quarter more than it was quiet at this hour of one of the last weeks (nights and weekends). Pure.
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

export async function silence(context: Context, connection: Connection): Promise<Silence> {
  const sql = context.db.read;
  const now = context.clock.now();
  const arrivals = await readArrivals(sql, connection.name, SAMPLES + 1);
  const quietMs = arrivals[0] === undefined ? null : Math.max(0, now.getTime() - Date.parse(arrivals[0]));
  if (quietMs === null || arrivals.length <= FEWEST_SAMPLES) return { quietMs, expectedMs: null, silent: false };
  const weekly = await Promise.all(
    Array.from({ length: WEEKS }, (_none, week) => gapAt(context, connection.name, now.getTime() - (week + 1) * WEEK_MS)),
  );
  const expectedMs = expectedSilenceMs(arrivals, weekly);
  return { quietMs, expectedMs, silent: expectedMs !== null && quietMs > expectedMs };
}

/** How long the silence was that lay around a moment of the past; 0 where nothing is known of one. */
async function gapAt(context: Context, connection: string, atMs: number): Promise<number> {
  const { before, after } = await readAround(context.db.read, connection, new Date(atMs).toISOString());
  return before === null || after === null ? 0 : Date.parse(after) - Date.parse(before);
}

/** Alerts when a connection has been quiet for too long; ends when it speaks again. Called by the timetable, outside of any request. */
export async function checkSilence(context: Context, connection: Connection): Promise<void> {
  const { name, platform } = connection;
  const { quietMs, expectedMs, silent } = await silence(context, connection);
  if (!silent || quietMs === null || expectedMs === null)
    return context.alerts.close('silence', name, `${name}: deliveries come in again.`);
  context.alerts.open({
    level: 'warning',
    code: 'silence',
    connection: name,
    text: `${name}: nothing has come from ${platform.title} for ${minutes(quietMs)} minutes; ${minutes(expectedMs)} would be usual. Is the webhook still registered and enabled?`,
    details: { quietMs, expectedMs },
  });
}

const minutes = (ms: number): number => Math.round(ms / 60_000);
