import type { Context } from '../context.ts';
import type { Cause } from '../domain/change.ts';
import type { Drift } from '../domain/drift.ts';
import type { EntityReport } from '../domain/entity.ts';
import { OrderdockError } from '../domain/errors.ts';
import { freeAfter } from '../domain/memory.ts';
import type { Interpretation } from '../platforms/contract/webhook.ts';
import { type Claim, type ClaimedDelivery, claimDeliveries, isWorkDue, readBody } from '../store/deliveries/claim.ts';
import { upsertDrift } from '../store/drift/upsert.ts';
import type { Sql } from '../store/engine/database.ts';
import { inBatches } from '../store/engine/rows.ts';
import { type Application, planReports, writePlan } from './apply-reports.ts';
import { type CompletedAttempt, decideNextStates, type EndedAttempt, logOutcomes, writeCompleted } from './complete-deliveries.ts';
import { interpretDelivery } from './interpret-delivery.ts';

/** How long a worker may hold a delivery without a sign of life. */
export const LEASE_MS = 30_000;
const MOST_PER_TRANSACTION = 100;

export function claimOptions(context: Context, notifications: boolean, connection: string | null, limit: number): Claim {
  const now = context.clock.now();
  const leaseUntil = new Date(now.getTime() + LEASE_MS).toISOString();
  return { worker: context.processId, now: now.toISOString(), leaseUntil, limit, connection, notifications };
}

/**
 * Works what is due and carries its content with it: many deliveries of different resources in one transaction, since that is ten times
 * faster than one each; a poison one falls back to its own. Gives the number of deliveries that were taken.
 */
export async function processDeliveries(context: Context, most = MOST_PER_TRANSACTION): Promise<number> {
  if (!(await isWorkDue(context.db.read, context.clock.now().toISOString()))) return 0;
  const claimed = await context.db.write((sql) => claimDeliveries(sql, claimOptions(context, false, null, most)));
  await whileInFlight(context, claimed, () => workClaimed(context, claimed));
  return claimed.length;
}

async function workClaimed(context: Context, claimed: readonly ClaimedDelivery[]): Promise<void> {
  const light = claimed.filter((delivery) => delivery.bodyLoaded);
  for (const portion of inBatches(light, ({ bodyBytes }) => bodyBytes)) {
    await applyTogether(
      context,
      portion.map((delivery) => attempt(context, delivery)),
    );
  }
  for (const delivery of claimed.filter((one) => !one.bodyLoaded)) {
    await context.inTurn(delivery.bodyBytes, () => workLarge(context, delivery));
    freeAfter(delivery.bodyBytes, true);
  }
}

async function workLarge(context: Context, delivery: ClaimedDelivery): Promise<void> {
  delivery.body = await readBody(context.db.read, delivery.id);
  const attempted = attempt(context, delivery);
  // What it says is in the attempt, its bytes are in the store.
  delivery.body = NO_BYTES;
  freeAfter(delivery.bodyBytes);
  await applyTogether(context, [attempted]);
}

const NO_BYTES = Buffer.alloc(0);

/** Has these deliveries in hand while `work` goes on. What it could not end (the database went away) is dropped, and found by its lease. */
export async function whileInFlight<T>(context: Context, claimed: readonly ClaimedDelivery[], work: () => Promise<T>): Promise<T> {
  for (const { id } of claimed) context.inFlight.add(id);
  try {
    return await work();
  } finally {
    for (const { id } of claimed) context.inFlight.delete(id);
  }
}

/** A delivery, what it says, and how the attempt ends if the store takes it. */
export interface ReadAttempt extends EndedAttempt {
  reports: EntityReport[];
  drift: Drift[];
}

function attempt(context: Context, delivery: ClaimedDelivery): ReadAttempt {
  const startedAt = context.clock.now();
  try {
    return { delivery, startedAt, ...endOf(interpretDelivery(context.connections.get(delivery.connection), delivery)) };
  } catch (error) {
    return { delivery, startedAt, reports: [], drift: [], end: { end: 'failed', error } };
  }
}

function endOf(said: Interpretation): Pick<ReadAttempt, 'end' | 'reports' | 'drift' | 'needsFetch'> {
  if (said.do === 'apply') return { end: { end: 'done' }, reports: said.reports, drift: said.drift };
  if (said.do === 'ignore') return { end: { end: 'ignored', reason: said.reason }, reports: [], drift: said.drift };
  return { end: { end: 'done' }, reports: [], drift: [], needsFetch: true };
}

/** All of them in one transaction, or, when it fails, each in its own. */
export async function applyTogether(context: Context, attempted: readonly ReadAttempt[]): Promise<void> {
  const ends = decideNextStates(context, attempted);
  try {
    await context.db.write((sql) => writeTogether(sql, context, attempted, ends));
  } catch (error) {
    if (attempted.length > 1) {
      for (const one of attempted) await applyTogether(context, [one]);
      return;
    }
    return endFailed(context, attempted[0] as ReadAttempt, error);
  }
  logOutcomes(context, ends);
  context.feedChanged.notify();
  if (attempted.some((one) => one.needsFetch)) context.deliveryArrived.notify();
}

async function writeTogether(
  sql: Sql,
  context: Context,
  attempted: readonly ReadAttempt[],
  ends: readonly CompletedAttempt[],
): Promise<void> {
  const applications = attempted.flatMap((one) => one.reports.map((entity) => applicationOf(one.delivery, entity)));
  const now = context.clock.now().toISOString();
  const plan = await planReports(sql, applications, { now, makeId: context.makeId }, true);
  await writeCompleted(sql, context, ends);
  for (const { delivery, drift } of attempted) {
    if (drift.length > 0) await upsertDrift(sql, { ...delivery, sampleId: delivery.id, at: now }, drift);
  }
  await writePlan(sql, plan);
}

/** Why a change came about: the delivery, or its replay. */
export const causeOf = (delivery: ClaimedDelivery): Cause => ({
  type: delivery.replay === null ? 'delivery' : 'replay',
  id: delivery.id,
  eventType: delivery.eventType,
});

export function applicationOf(delivery: ClaimedDelivery, entity: EntityReport): Application {
  return {
    connection: delivery.connection,
    platform: delivery.platform,
    report: entity,
    cause: causeOf(delivery),
    receivedAt: delivery.receivedAt,
  };
}

/** The rows could not be written: nothing of the attempt stands, and only its failure is kept, unless the delivery is another's by now. */
async function endFailed(context: Context, { delivery, startedAt }: ReadAttempt, error: unknown): Promise<void> {
  if (error instanceof OrderdockError && error.code === 'lease_lost') {
    context.log.warn('lease_lost', { deliveryId: delivery.id, connection: delivery.connection });
    return;
  }
  const ends = decideNextStates(context, [{ delivery, startedAt, end: { end: 'failed', error } }]);
  await context.db.write((sql) => writeCompleted(sql, context, ends));
  logOutcomes(context, ends);
}
