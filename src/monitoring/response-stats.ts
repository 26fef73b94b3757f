import type { Context } from '../context.ts';
import { runInRequest } from '../domain/current-request.ts';
import { errorText } from '../domain/outcome.ts';
import {
  addResponses,
  addStreak,
  type FailureStreak,
  insertRejections,
  type RejectionRow,
  type ResponseCount,
} from '../store/monitoring/responses.ts';
import { checkFailureBudget } from './health/failure-budget.ts';
import { alertOnRejections, createAnonymousRequestLog } from './rejections.ts';

/**
 * A request that was rejected before its credentials were accepted: anyone may have sent it, so it counts neither towards the platform's failure limit
 * nor as a lost delivery. `credential`: a description, never the value; null: there were none.
 */
export interface RejectedCredential {
  reason: string;
  credential: string | null;
  remoteAddress: string;
}

/** Counts the answers sent to platforms: what they treat as failures is what loses deliveries. */
export interface ResponseStats {
  /** Counts one answer on a webhook path, in memory only. `connection` null: the path names none. */
  record(connection: string | null, status: number, code: string, rejection?: RejectedCredential | null): void;
  /** Writes what has been counted so far. */
  flush(): Promise<void>;
  stop(): Promise<void>;
}

const FLUSH_MS = 1000;
/** Rejections of one kind stored individually per flush: a flood of anonymous requests must not fill the table. */
const MAX_SIMILAR = 20;
/** While the store is unavailable counting continues, and up to this many individual rejections are kept. */
const MAX_REJECTED = 2000;

interface Counts {
  counts: Map<string, ResponseCount>;
  rejected: RejectionRow[];
  similar: Map<string, number>;
  streaks: Map<string, FailureStreak>;
}

const noCounts = (): Counts => ({ counts: new Map(), rejected: [], similar: new Map(), streaks: new Map() });

type Answer = Pick<RejectionRow, 'connection' | 'at' | 'status' | 'code'> & { rejection: RejectedCredential | null };

export function createResponseStats(context: Context): ResponseStats {
  let pending = noCounts();
  let flushing: Promise<void> | null = null;
  const anonymous = createAnonymousRequestLog(context);

  async function write(): Promise<void> {
    const written = pending;
    anonymous.report();
    if (written.counts.size === 0) return;
    pending = noCounts();
    try {
      await context.db.write(async (sql) => {
        await addResponses(sql, [...written.counts.values()]);
        if (written.rejected.length > 0) await insertRejections(sql, written.rejected);
        for (const [connection, streak] of written.streaks) await addStreak(sql, connection, streak);
      });
    } catch (error) {
      context.log.warn('response_counts_not_stored', { error: errorText(error) });
      pending = mergeCounts(written, pending);
      return;
    }
    for (const name of written.streaks.keys()) await checkFailureBudget(context, context.connections.get(name));
    alertOnUnstored(context, written);
    alertOnRejections(context, written.rejected);
  }
  const flush = async (): Promise<void> => {
    await flushing;
    flushing = write().catch((error: unknown) => context.log.warn('response_counts_not_stored', { error: errorText(error) }));
    await flushing;
  };
  const regular = flushWhileNeeded(flush, () => pending.counts.size > 0 || anonymous.isWaiting());
  return {
    record(connection, status, code, rejection = null) {
      regular.request();
      if (rejection?.credential === null) anonymous.count(connection);
      if (connection === null) return;
      countAnswer(pending, { connection, at: context.clock.now().toISOString(), status, code, rejection });
    },
    flush,
    async stop() {
      regular.stop();
      await flush();
    },
  };
}

/** Flushes `FLUSH_MS` after a request, and again while something is waiting. At rest there is no timer. */
function flushWhileNeeded(flush: () => Promise<void>, isWaiting: () => boolean): { request(): void; stop(): void } {
  let timer: NodeJS.Timeout | null = null;
  let isStopped = false;
  const request = (): void => {
    if (isStopped) return;
    // Counts of many requests: outside of the one that happens to start the timer.
    timer ??= runInRequest(undefined, () =>
      setTimeout(async () => {
        await flush();
        timer = null;
        if (isWaiting()) request();
      }, FLUSH_MS),
    );
  };
  return {
    request,
    stop() {
      isStopped = true;
      if (timer) clearTimeout(timer);
    },
  };
}

/** Deliveries that could not be stored need attention immediately; the alert closes when a later delivery was stored. */
function alertOnUnstored({ alerts }: Context, { rejected, streaks }: Counts): void {
  for (const [connection, streak] of streaks) {
    const unstored = rejected.find(
      (one) => one.connection === connection && one.status === 503 && one.code !== 'stopping' && one.reason === null,
    );
    if (unstored) {
      const text = `${connection}: deliveries are answered 503 (${unstored.code}): they cannot be stored at the moment, and the platform is asked to retry.`;
      alerts.open({ level: 'critical', code: 'deliveries_not_taken', connection, text, details: { code: unstored.code } });
    } else if (streak.failures === 0) {
      alerts.close('deliveries_not_taken', connection, `${connection}: deliveries are accepted again.`);
    }
  }
}

function countAnswer(pending: Counts, { rejection, ...answer }: Answer): void {
  const { connection, at, status, code } = answer;
  const minute = `${at.slice(0, 16)}:00.000Z`;
  const key = `${connection} ${minute} ${status}`;
  const known = pending.counts.get(key);
  if (known) known.count += 1;
  else pending.counts.set(key, { connection, minute, status, count: 1 });
  if (rejection?.credential === null) return;
  if (rejection === null) pending.streaks.set(connection, extendStreak(pending.streaks.get(connection), status < 300, at));
  if (status < 400 || pending.rejected.length >= MAX_REJECTED) return;
  const kind = `${connection} ${status} ${code}`;
  const similar = (pending.similar.get(kind) ?? 0) + 1;
  pending.similar.set(kind, similar);
  const { remoteAddress: address = null, reason = null, credential = null } = rejection ?? {};
  if (similar <= MAX_SIMILAR) pending.rejected.push({ ...answer, address, reason, credential });
}

const NO_STREAK: FailureStreak = { failures: 0, firstFailedAt: null, lastFailedAt: null, lastSucceededAt: null };

function extendStreak(streak: FailureStreak = NO_STREAK, success: boolean, at: string): FailureStreak {
  if (success) return { ...NO_STREAK, lastSucceededAt: at };
  return { ...streak, failures: streak.failures + 1, firstFailedAt: streak.firstFailedAt ?? at, lastFailedAt: at };
}

/** Combines what could not be written with what was counted since. */
function mergeCounts(older: Counts, newer: Counts): Counts {
  const joined: Counts = { ...older, rejected: [...older.rejected, ...newer.rejected].slice(0, MAX_REJECTED) };
  for (const [key, count] of newer.counts) {
    joined.counts.set(key, { ...count, count: count.count + (older.counts.get(key)?.count ?? 0) });
  }
  for (const [connection, streak] of newer.streaks) {
    const before = older.streaks.get(connection);
    joined.streaks.set(connection, streak.lastSucceededAt !== null || !before ? streak : mergeStreaks(before, streak));
  }
  return joined;
}

const mergeStreaks = (older: FailureStreak, newer: FailureStreak): FailureStreak => ({
  failures: older.failures + newer.failures,
  firstFailedAt: older.firstFailedAt ?? newer.firstFailedAt,
  lastFailedAt: newer.lastFailedAt ?? older.lastFailedAt,
  lastSucceededAt: older.lastSucceededAt,
});
