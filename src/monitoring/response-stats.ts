import type { Context } from '../context.ts';
import { errorText } from '../domain/outcome.ts';
import {
  addResponses,
  addStreak,
  type FailureStreak,
  insertRejections,
  type RejectionRow,
  type ResponseCount,
} from '../store/monitoring/responses.ts';
import { checkFailureBudget } from './failure-budget.ts';
import { createRejectionAlert, createStrangerLog } from './rejections.ts';

/** A request that was refused for its credentials. `credential`: what they looked like, never their value; null: there were none. */
export interface RejectedCredential {
  reason: string;
  credential: string | null;
  remoteAddress: string;
}

/** Keeps account of the answers that senders were given: what they take as failures is what loses deliveries. */
export interface ResponseStats {
  /** Counts one answer on a webhook path; costs no time. `connection` null: the path names none. */
  record(connection: string | null, status: number, code: string, rejection?: RejectedCredential | null): void;
  /** Writes what is counted so far. */
  flush(): Promise<void>;
  stop(): Promise<void>;
}

const FLUSH_MS = 1000;
/** Refusals of one kind that are kept one by one per flush: a flood of strangers must not fill the table. */
const MOST_ALIKE = 20;
/** While the store is away, counts go on and single refusals are kept up to here. */
const MOST_REFUSALS = 2000;

interface Account {
  counts: Map<string, ResponseCount>;
  refusals: RejectionRow[];
  alike: Map<string, number>;
  streaks: Map<string, FailureStreak>;
}

const emptyAccount = (): Account => ({ counts: new Map(), refusals: [], alike: new Map(), streaks: new Map() });

type Answer = Pick<RejectionRow, 'connection' | 'at' | 'status' | 'code'> & { rejection: RejectedCredential | null };

export function createResponseStats(context: Context): ResponseStats {
  let account = emptyAccount();
  let flushing: Promise<void> | null = null;
  const strangers = createStrangerLog(context);
  const rejections = createRejectionAlert(context);

  async function write(): Promise<void> {
    const written = account;
    strangers.report();
    if (written.counts.size === 0) return;
    account = emptyAccount();
    try {
      await context.db.write(async (sql) => {
        await addResponses(sql, [...written.counts.values()]);
        if (written.refusals.length > 0) await insertRejections(sql, written.refusals);
        for (const [connection, streak] of written.streaks) await addStreak(sql, connection, streak);
      });
    } catch (error) {
      context.log.warn('answers', { error: errorText(error) });
      account = joinAccounts(written, account);
      return;
    }
    for (const name of written.streaks.keys()) await checkFailureBudget(context, context.connections.get(name));
    alertOnUnstored(context, written);
    rejections.report(written.refusals, written.streaks);
  }
  const flush = async (): Promise<void> => {
    await flushing;
    flushing = write().catch((error: unknown) => context.log.warn('answers', { error: errorText(error) }));
    await flushing;
  };
  const timer = setInterval(() => void flush(), FLUSH_MS);
  return {
    record(connection, status, code, rejection = null) {
      if (connection === null) return;
      if (rejection?.credential === null) strangers.count(connection);
      note(account, { connection, at: context.clock.now().toISOString(), status, code, rejection });
    },
    flush,
    async stop() {
      clearInterval(timer);
      await flush();
    },
  };
}

/** What we could not store needs somebody at once; it has ended when a later delivery was taken. */
function alertOnUnstored({ alerts }: Context, { refusals, streaks }: Account): void {
  for (const [connection, streak] of streaks) {
    const unstored = refusals.find((one) => one.connection === connection && one.status === 503 && one.code !== 'stopping');
    if (unstored) {
      const text = `${connection}: deliveries are answered 503 (${unstored.code}): they cannot be taken now, and are asked to come again.`;
      alerts.open({ level: 'critical', code: 'deliveries_not_taken', connection, text, details: { code: unstored.code } });
    } else if (streak.failures === 0) {
      alerts.close('deliveries_not_taken', connection, `${connection}: deliveries are taken again.`);
    }
  }
}

function note(account: Account, { rejection, ...answer }: Answer): void {
  const { connection, at, status, code } = answer;
  const minute = `${at.slice(0, 16)}:00.000Z`;
  const key = `${connection} ${minute} ${status}`;
  account.counts.set(key, { connection, minute, status, count: (account.counts.get(key)?.count ?? 0) + 1 });
  // Who shows no credentials at all is not the platform: that uses up none of its patience, and lost nothing.
  if (rejection?.credential === null) return;
  account.streaks.set(connection, goOn(account.streaks.get(connection), status < 300, at));
  if (status < 400 || account.refusals.length >= MOST_REFUSALS) return;
  const kind = `${connection} ${status} ${code}`;
  const alike = (account.alike.get(kind) ?? 0) + 1;
  account.alike.set(kind, alike);
  const { remoteAddress: address = null, reason = null, credential = null } = rejection ?? {};
  if (alike <= MOST_ALIKE) account.refusals.push({ ...answer, address, reason, credential });
}

const NO_STREAK: FailureStreak = { failures: 0, firstFailedAt: null, lastFailedAt: null, lastSucceededAt: null };

function goOn(streak: FailureStreak = NO_STREAK, success: boolean, at: string): FailureStreak {
  if (success) return { ...NO_STREAK, lastSucceededAt: at };
  return { ...streak, failures: streak.failures + 1, firstFailedAt: streak.firstFailedAt ?? at, lastFailedAt: at };
}

/** What could not be written, and what came meanwhile. */
function joinAccounts(older: Account, newer: Account): Account {
  const joined: Account = { ...older, refusals: [...older.refusals, ...newer.refusals].slice(0, MOST_REFUSALS) };
  for (const [key, count] of newer.counts) {
    joined.counts.set(key, { ...count, count: count.count + (older.counts.get(key)?.count ?? 0) });
  }
  for (const [connection, streak] of newer.streaks) {
    const before = older.streaks.get(connection);
    joined.streaks.set(connection, streak.lastSucceededAt !== null || !before ? streak : joinStreaks(before, streak));
  }
  return joined;
}

const joinStreaks = (older: FailureStreak, newer: FailureStreak): FailureStreak => ({
  failures: older.failures + newer.failures,
  firstFailedAt: older.firstFailedAt ?? newer.firstFailedAt,
  lastFailedAt: newer.lastFailedAt ?? older.lastFailedAt,
  lastSucceededAt: older.lastSucceededAt,
});
