import type { Context } from '../context.ts';
import { createTurn } from '../domain/turn.ts';
import { skipUnmatched } from '../feed/skip-unmatched.ts';
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
  readAcknowledgedByAll,
  type SweepStep,
} from '../store/retention/sweep.ts';

export interface Retention {
  /** Bodies and changes are kept this long; delivery rows with their dedupe keys, and the audit log, four times as long. */
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
const KEY_RETENTION_FACTOR = 4;
/** Changes that a consumer has not acknowledged are kept at most this many times as long as others. */
const UNREAD_RETENTION_FACTOR = 2;
/** Rows per transaction: receiving a webhook waits for one step at most. */
const PER_STEP = 500;

/**
 * Deletes what is past its retention: bodies of finished deliveries, then whole deliveries, changes that every consumer has acknowledged
 * (or that are twice as old), and old history. It works in small steps, so that receiving webhooks is not delayed.
 */
export async function enforceRetention(context: Context, retention: Retention): Promise<Swept> {
  const before = daysAgo(context, retention.retentionDays);
  const emptied = await inSteps(retention, before, async (step) => {
    const full = await findFullDeliveries(context.db.read, step);
    if (full.length > 0) await context.db.write((sql) => emptyDeliveries(sql, full));
    return full;
  });
  const deleted = await inSteps(retention, daysAgo(context, retention.retentionDays * KEY_RETENTION_FACTOR), (step) =>
    context.db.write((sql) => deleteDeliveries(sql, step)),
  );
  await skipUnmatched(context);
  const beforeAtLast = daysAgo(context, retention.retentionDays * UNREAD_RETENTION_FACTOR);
  const changes = await inSteps(retention, before, ({ limit }) =>
    context.db.write(async (sql) => deleteChanges(sql, { before, passed: await readAcknowledgedByAll(sql), beforeAtLast, limit })),
  );
  await deleteHistory(context, retention);
  await context.db.write((sql) => deleteHeartbeats(sql, before));
  await alertOnInactiveConsumers(context, before, retention.retentionDays);
  context.log.info('retention_enforced', { emptied, deleted, changes });
  return { emptied, deleted, changes };
}

const daysAgo = ({ clock }: Context, days: number): string => new Date(clock.now().getTime() - days * DAY_MS).toISOString();

/** Repeats a step until it affects fewer rows than its limit; other writers can proceed between steps. */
async function inSteps({ stop }: Retention, before: string, perform: (step: SweepStep) => Promise<number[]>): Promise<number> {
  let number = 0;
  for (let after = 0; !stop?.aborted; ) {
    const positions = await perform({ before, after, limit: PER_STEP });
    number += positions.length;
    if (positions.length < PER_STEP) break;
    after = Math.max(...positions);
    await createTurn().pause();
  }
  return number;
}

async function deleteHistory(context: Context, { stop, retentionDays }: Retention): Promise<void> {
  const before = daysAgo(context, retentionDays);
  const longBefore = daysAgo(context, retentionDays * KEY_RETENTION_FACTOR);
  const deleteAll = async (step: (sql: Sql) => Promise<number>) => {
    while (!stop?.aborted && (await context.db.write(step)) === PER_STEP) await createTurn().pause();
  };
  for (const table of ACCOUNT_TABLES)
    await deleteAll((sql) => deleteAccount(sql, table, table === 'audit' ? longBefore : before, PER_STEP));
  await deleteAll((sql) => deleteRuns(sql, before, PER_STEP));
}

/** A consumer that has stopped reading delays the deletion of old changes and eventually loses them: it must resume or be deleted. */
async function alertOnInactiveConsumers(context: Context, before: string, days: number): Promise<void> {
  const names = await findForgottenConsumers(context.db.read, before);
  if (names.length === 0)
    return context.alerts.close('consumer_forgotten', null, 'No inactive consumer delays the deletion of old changes.');
  context.alerts.open({
    level: 'warning',
    code: 'consumer_forgotten',
    connection: null,
    text: `${names.join(', ')}: has read nothing for ${days} days, which delays the deletion of old changes; after ${days * UNREAD_RETENTION_FACTOR} days they are deleted unread. Resume reading, or delete the consumer.`,
    details: { consumers: names.join(', '), days },
  });
}
