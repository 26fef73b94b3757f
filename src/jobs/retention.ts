import type { Context } from '../context.ts';
import { passUnmatched } from '../feed/pass-unmatched.ts';
import type { Sql } from '../store/engine/database.ts';
import { deleteHeartbeats } from '../store/monitoring/heartbeats.ts';
import {
  ACCOUNT_TABLES,
  deleteAccount,
  deleteChanges,
  deleteDeliveries,
  deleteRuns,
  emptyDeliveries,
  findForgottenConsumers,
  findFullDeliveries,
  readPassedByAll,
  type SweepStep,
} from '../store/retention/sweep.ts';

export interface Retention {
  /** Bodies and changes are kept this long, delivery rows with their dedupe keys, and the audit, four times as long. */
  retentionDays: number;
  /** Aborted when the service stops: the sweep ends after its step. */
  stop?: AbortSignal;
}

export interface Swept {
  emptied: number;
  deleted: number;
  changes: number;
}

const DAY_MS = 86_400_000;
const KEYS_LAST = 4;
/** Changes that a consumer has not passed are kept this many times as long as others, no longer. */
const UNREAD_LASTS = 2;
/** Rows per transaction: receiving waits for one step at most. */
const PER_STEP = 500;

/**
 * Deletes what is older than it has to be kept: bodies of finished deliveries, then whole deliveries, changes that every consumer has
 * passed (or that are twice as old), and old accounts. In small steps, so that receiving is never kept waiting.
 */
export async function enforceRetention(context: Context, retention: Retention): Promise<Swept> {
  const before = daysAgo(context, retention.retentionDays);
  const emptied = await inSteps(retention, before, async (step) => {
    const full = await findFullDeliveries(context.db.read, step);
    if (full.length > 0) await context.db.write((sql) => emptyDeliveries(sql, full));
    return full;
  });
  const deleted = await inSteps(retention, daysAgo(context, retention.retentionDays * KEYS_LAST), (step) =>
    context.db.write((sql) => deleteDeliveries(sql, step)),
  );
  await passUnmatched(context);
  const beforeAtLast = daysAgo(context, retention.retentionDays * UNREAD_LASTS);
  const changes = await inSteps(retention, before, ({ limit }) =>
    context.db.write(async (sql) => deleteChanges(sql, { before, passed: await readPassedByAll(sql), beforeAtLast, limit })),
  );
  await forgetAccounts(context, retention);
  await context.db.write((sql) => deleteHeartbeats(sql, before));
  await watchForgotten(context, before, retention.retentionDays);
  context.log.info('retention', { emptied, deleted, changes });
  return { emptied, deleted, changes };
}

const daysAgo = ({ clock }: Context, days: number): string => new Date(clock.now().getTime() - days * DAY_MS).toISOString();

/** Step by step until one comes back short; between two steps others have their turn. */
async function inSteps({ stop }: Retention, before: string, perform: (step: SweepStep) => Promise<number[]>): Promise<number> {
  let number = 0;
  for (let after = 0; !stop?.aborted; ) {
    const positions = await perform({ before, after, limit: PER_STEP });
    number += positions.length;
    if (positions.length < PER_STEP) break;
    after = Math.max(...positions);
    await giveWay();
  }
  return number;
}

/** Whoever waits for the writer comes first. */
const giveWay = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function forgetAccounts(context: Context, { stop, retentionDays }: Retention): Promise<void> {
  const before = daysAgo(context, retentionDays);
  const longBefore = daysAgo(context, retentionDays * KEYS_LAST);
  const forget = async (step: (sql: Sql) => Promise<number>) => {
    while (!stop?.aborted && (await context.db.write(step)) === PER_STEP) await giveWay();
  };
  for (const table of ACCOUNT_TABLES) await forget((sql) => deleteAccount(sql, table, table === 'audit' ? longBefore : before, PER_STEP));
  await forget((sql) => deleteRuns(sql, before, PER_STEP));
}

/** A consumer that has stopped reading holds old changes back, and loses them in the end: somebody has to drop it, or resume. */
async function watchForgotten(context: Context, before: string, days: number): Promise<void> {
  const names = await findForgottenConsumers(context.db.read, before);
  if (names.length === 0) return context.alerts.close('consumer_forgotten', null, 'No consumer holds old changes back any more.');
  context.alerts.open({
    level: 'warning',
    code: 'consumer_forgotten',
    connection: null,
    text: `${names.join(', ')}: read nothing for ${days} days and hold${names.length === 1 ? 's' : ''} old changes back; after ${days * UNREAD_LASTS} days they are deleted unread. Resume reading, or drop the consumer.`,
    details: { consumers: names.join(', '), days },
  });
}
