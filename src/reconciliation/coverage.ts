import type { Context } from '../context.ts';
import { indexDowntime } from '../monitoring/heartbeat.ts';
import type { Connection } from '../platforms/contract/platform.ts';
import { readActivePeriods } from '../store/monitoring/heartbeats.ts';
import { type Proven, readFailedRuns, readProven, readRejectedSpans } from '../store/reconciliation/coverage.ts';
import { isInterrupted } from './interrupted.ts';
import { latestBelieved } from './progress.ts';

/** A span of platform time, and what is known of it. */
export interface CoverageSpan {
  /** ISO 8601; null: from the beginning. */
  from: string | null;
  /** Null for the open one. */
  to: string | null;
  state: 'proven' | 'open' | 'unproven';
  /** Why a span is unproven; null for others. */
  reason: string | null;
  /** The run that proved it, or failed to. */
  runId: string | null;
}

/** A span that something speaks against. */
interface Doubt {
  from: string;
  to: string;
  reason: string;
  runId: string | null;
}

/**
 * What of a connection's time is known to be complete, oldest first and without holes: proven by finished runs, and after the last of them
 * open, but for the spans in which nobody answered, requests were refused, or a run was broken off.
 */
export async function coverage(context: Context, connection: Connection): Promise<CoverageSpan[]> {
  const proven = await readBelieved(context, connection);
  const last = proven.at(-1)?.to ?? null;
  const spans: CoverageSpan[] = [];
  for (const span of proven) {
    const before = spans.at(-1)?.to;
    if (before && span.from !== null && span.from > before)
      spans.push({ from: before, to: span.from, state: 'unproven', reason: 'not_compared', runId: null });
    spans.push({ from: span.from, to: span.to, state: 'proven', reason: null, runId: span.runId });
  }
  return [...spans, ...layOut(last, await readDoubts(context, connection, last ?? ''))];
}

/** A span that ends in the future proves nothing of it. The next run that finishes puts it right. */
async function readBelieved(context: Context, connection: Connection): Promise<Proven[]> {
  const now = context.clock.now().toISOString();
  const proven = await readProven(context.db.read, connection.name);
  return proven.filter(({ to }) => to <= latestBelieved(now));
}

/** Everything after the last proof that speaks against completeness; what weighs most comes first. */
async function readDoubts(context: Context, connection: Connection, after: string): Promise<Doubt[]> {
  const sql = context.db.read;
  const now = context.clock.now().toISOString();
  const awakeness = indexDowntime(await readActivePeriods(sql, after), { now, processId: context.processId });
  const standstills = awakeness.standstills(after).map((span) => ({ ...span, reason: 'standstill', runId: null }));
  const refused = (await readRejectedSpans(sql, connection.name, after)).map(({ from, to, status, code, count }) => ({
    from: earlier(from, after),
    to,
    reason: `rejected_deliveries: ${count} answered ${status} ${code}`,
    runId: null,
  }));
  return [...standstills, ...refused, ...(await readBrokenOff(context, connection, after))];
}

/** A change lies before the request that told of it. */
const CHANGE_TO_REQUEST_MS = 60_000;
function earlier(time: string, notBefore: string): string {
  const from = new Date(Date.parse(time) - CHANGE_TO_REQUEST_MS).toISOString();
  return from < notBefore ? notBefore : from;
}

async function readBrokenOff(context: Context, connection: Connection, after: string): Promise<Doubt[]> {
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

/** Lays doubts side by side on the time after `from`; where two overlap the earlier in the list counts. The rest is open. */
function layOut(from: string | null, doubts: readonly Doubt[]): CoverageSpan[] {
  const edges = [...new Set([from ?? '', ...doubts.flatMap((doubt) => [doubt.from, doubt.to])])]
    .filter((edge) => edge >= (from ?? ''))
    .sort();
  const pieces = edges.map((edge, position): CoverageSpan => {
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
  return pieces.reduce<CoverageSpan[]>((joined, piece) => {
    const before = joined.at(-1);
    if (before && before.state === piece.state && before.reason === piece.reason && before.runId === piece.runId) before.to = piece.to;
    else joined.push(piece);
    return joined;
  }, []);
}
