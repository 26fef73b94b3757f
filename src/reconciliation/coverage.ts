import type { Context } from '../context.ts';
import { indexDowntime } from '../monitoring/heartbeat.ts';
import type { Connection } from '../platforms/contract/platform.ts';
import { readActivePeriods } from '../store/monitoring/heartbeats.ts';
import { type Proven, readFailedRuns, readProven, readRejectedSpans } from '../store/reconciliation/coverage.ts';
import { isInterrupted } from './interrupted.ts';
import { latestTrusted } from './progress.ts';

/** A span of platform time, and what is known about it. */
export interface CoverageSpan {
  /** ISO 8601; null: since the beginning. */
  from: string | null;
  /** Null for the open span. */
  to: string | null;
  state: 'proven' | 'open' | 'unproven';
  /** Why the span is unproven; null otherwise. */
  reason: string | null;
  /** The run that proved it, or failed to. */
  runId: string | null;
}

/** A span whose completeness is in doubt. */
interface Doubt {
  from: string;
  to: string;
  reason: string;
  runId: string | null;
}

/**
 * How complete a connection's history is known to be, oldest first and without gaps: proven by finished runs, and open after the last of
 * them, except for spans in which the service was down, requests were rejected, or a run was interrupted.
 */
export async function coverage(context: Context, connection: Connection): Promise<CoverageSpan[]> {
  const proven = await readTrusted(context, connection);
  const last = proven.at(-1)?.to ?? null;
  const spans: CoverageSpan[] = [];
  for (const span of proven) {
    const before = spans.at(-1)?.to;
    if (before && span.from !== null && span.from > before)
      spans.push({ from: before, to: span.from, state: 'unproven', reason: 'not_compared', runId: null });
    spans.push({ from: span.from, to: span.to, state: 'proven', reason: null, runId: span.runId });
  }
  return [...spans, ...splitByDoubts(last, await readDoubts(context, connection, last ?? ''))];
}

/** A span that ends in the future cannot be trusted; the next run that finishes corrects it. */
async function readTrusted(context: Context, connection: Connection): Promise<Proven[]> {
  const now = context.clock.now().toISOString();
  const proven = await readProven(context.db.read, connection.name);
  return proven.filter(({ to }) => to <= latestTrusted(now));
}

/** Every reason to doubt completeness after the last proof, the most serious first. */
async function readDoubts(context: Context, connection: Connection, after: string): Promise<Doubt[]> {
  const sql = context.db.read;
  const now = context.clock.now().toISOString();
  const downtime = indexDowntime(await readActivePeriods(sql, after), { now, processId: context.processId });
  const downtimes = downtime.downtimes(after).map((span) => ({ ...span, reason: 'standstill', runId: null }));
  const refused = (await readRejectedSpans(sql, connection.name, after)).map(({ from, to, status, code, count }) => ({
    from: earlier(from, after),
    to,
    reason: `rejected_deliveries: ${count} answered ${status} ${code}`,
    runId: null,
  }));
  return [...downtimes, ...refused, ...(await readInterrupted(context, connection, after))];
}

/** A change happens before the request that reports it. */
const CHANGE_TO_REQUEST_MS = 60_000;
function earlier(time: string, notBefore: string): string {
  const from = new Date(Date.parse(time) - CHANGE_TO_REQUEST_MS).toISOString();
  return from < notBefore ? notBefore : from;
}

async function readInterrupted(context: Context, connection: Connection, after: string): Promise<Doubt[]> {
  const runs = await readFailedRuns(context.db.read, connection.name, after);
  const interrupted = await isInterrupted(context, connection);
  return runs
    .filter((run) => run.state !== 'running' || interrupted)
    .map((run) => ({
      from: after,
      to: run.startedAt,
      reason: Number(run.failed) > 0 ? 'records_failed' : 'interrupted_run',
      runId: run.id,
    }));
}

/** Splits the time after `from` by doubts; where two overlap, the one earlier in the list counts. The rest is open. */
function splitByDoubts(from: string | null, doubts: readonly Doubt[]): CoverageSpan[] {
  const edges = [...new Set([from ?? '', ...doubts.flatMap((doubt) => [doubt.from, doubt.to])])]
    .filter((edge) => edge >= (from ?? ''))
    .sort();
  const segments = edges.map((edge, position): CoverageSpan => {
    const to = edges[position + 1] ?? null;
    const doubt = to === null ? undefined : doubts.find((one) => one.from <= edge && one.to >= to);
    return {
      from: edge === '' ? null : edge,
      to,
      state: doubt ? 'unproven' : 'open',
      reason: doubt?.reason ?? null,
      runId: doubt?.runId ?? null,
    };
  });
  return segments.reduce<CoverageSpan[]>((joined, segment) => {
    const before = joined.at(-1);
    if (before && before.state === segment.state && before.reason === segment.reason && before.runId === segment.runId)
      before.to = segment.to;
    else joined.push(segment);
    return joined;
  }, []);
}
