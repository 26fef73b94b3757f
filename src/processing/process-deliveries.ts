import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Context } from '../context.ts';
import type { Cause } from '../domain/entities/change.ts';
import type { Drift } from '../domain/entities/drift.ts';
import type { EntityReport } from '../domain/entities/entity.ts';
import { OrderdockError, Unavailable } from '../domain/errors.ts';
import { freeAfter } from '../domain/memory.ts';
import type { Interpretation } from '../platforms/contract/webhook.ts';
import { type Claim, type ClaimedDelivery, claimDeliveries, readBody, takeDeliveries } from '../store/deliveries/claim.ts';
import { upsertDrift } from '../store/drift/upsert.ts';
import { type Sql, together, WriteConflict } from '../store/engine/database.ts';
import { type Application, type ApplyPlan, planReports, writePlan } from './apply-reports.ts';
import {
  type CompletedAttempt,
  decideNextStates,
  type EndedAttempt,
  logOutcomes,
  writeCompleted,
  writeTaken,
} from './complete-deliveries.ts';
import { interpretDelivery, requireConnection } from './interpret-delivery.ts';
import { alertOnTimes } from './time-alerts.ts';

/** How long a worker may hold a delivery without a sign of life. */
export const LEASE_MS = 30_000;
/** Deliveries of one transaction; where so many were due, there may be more. */
export const FULL_BATCH = 100;
/** Bodies of one transaction together; what is beyond waits for the next one. */
const MOST_BYTES_PER_TRANSACTION = 4_000_000;
/** So many are interpreted before the event loop has its turn: webhooks come in meanwhile. */
const PER_TURN = 20;

export function claimOptions(context: Context, notifications: boolean, connection: string | null, limit: number): Claim {
  const now = context.clock.now();
  const leaseUntil = new Date(now.getTime() + LEASE_MS).toISOString();
  return { worker: context.processId, now: now.toISOString(), leaseUntil, limit, connection, notifications };
}

/**
 * Works what is due and carries its content with it: many deliveries of different resources are taken, applied and ended in one transaction,
 * since that is ten times faster than one each. When it fails, each gets its own, so that a poison one harms no other; a large one is always
 * alone. Gives the number of deliveries that were taken.
 */
export async function processDeliveries(context: Context, most = FULL_BATCH): Promise<number> {
  const batch = await processBatch(context, { limit: most, only: null });
  for (const delivery of batch.large) await processLarge(context, delivery);
  return batch.taken + batch.large.length;
}

interface Batch {
  taken: number;
  /** Deliveries that are too large to be worked with others. */
  large: readonly ClaimedDelivery[];
}

interface Prepared extends Batch {
  attempted: readonly ReadAttempt[];
  ends: readonly CompletedAttempt[];
  plan: ApplyPlan;
}

async function processBatch(context: Context, take: { limit: number; only: readonly number[] | null }): Promise<Batch> {
  const hand = createHand(context);
  try {
    const prepared = await context.db.change(
      (sql) => prepareBatch(sql, context, take, hand),
      async (sql, batch) => {
        await writeBatch(sql, batch);
        return batch;
      },
    );
    announceApplied(context, prepared.attempted, prepared.ends);
    return prepared;
  } catch (error) {
    const failed = hand.deliveries();
    hand.empty();
    if (error instanceof Unavailable || error instanceof WriteConflict || failed.length === 0) throw error;
    await processEachAlone(context, failed, error);
    return { taken: failed.length, large: [] };
  } finally {
    hand.empty();
  }
}

/** What this process is working on at the moment: its other lane passes it by. */
function createHand(context: Context): {
  take(deliveries: readonly ClaimedDelivery[]): void;
  empty(): void;
  deliveries(): ClaimedDelivery[];
} {
  let deliveries: readonly ClaimedDelivery[] = [];
  return {
    take(taken) {
      deliveries = taken;
      for (const { seq } of taken) context.inHand.add(seq);
    },
    empty() {
      for (const { seq } of deliveries) context.inHand.delete(seq);
      deliveries = [];
    },
    deliveries: () => [...deliveries],
  };
}

async function processEachAlone(context: Context, deliveries: readonly ClaimedDelivery[], error: unknown): Promise<void> {
  const [only, ...others] = deliveries;
  if (only && others.length === 0) return endFailed(context, { delivery: only, startedAt: context.clock.now() }, error, writeTaken);
  for (const { seq } of deliveries) await processBatch(context, { limit: 1, only: [seq] });
}

async function prepareBatch(
  sql: Sql,
  context: Context,
  take: { limit: number; only: readonly number[] | null },
  hand: ReturnType<typeof createHand>,
): Promise<Prepared> {
  hand.empty();
  const now = context.clock.now().toISOString();
  const due = await takeDeliveries(sql, { now, except: [...context.inHand], ...take });
  const { light, large } = sortBySize(due);
  hand.take(light);
  const attempted: ReadAttempt[] = [];
  for (const [position, delivery] of light.entries()) {
    if (position > 0 && position % PER_TURN === 0) await nextTurn();
    attempted.push(attempt(context, delivery));
  }
  const applications = attempted.flatMap((one) => one.reports.map((entity) => applicationOf(one.delivery, entity)));
  const plan = await planReports(sql, applications, { now, makeId: context.makeId }, true);
  return { taken: light.length, large, attempted, ends: decideNextStates(context, attempted), plan };
}

function sortBySize(due: readonly ClaimedDelivery[]): { light: ClaimedDelivery[]; large: ClaimedDelivery[] } {
  const large = due.filter((delivery) => !delivery.bodyLoaded);
  let bytes = 0;
  const light = due.filter((delivery) => {
    if (!delivery.bodyLoaded) return false;
    bytes += delivery.bodyBytes;
    return bytes <= MOST_BYTES_PER_TRANSACTION;
  });
  return { light, large };
}

/** All that a batch writes, its feed entries last: one trip to the database where it can be. */
async function writeBatch(sql: Sql, { attempted, ends, plan }: Prepared): Promise<void> {
  if (attempted.length === 0) return;
  await together(sql, [() => writeTaken(sql, ends), () => writeDrift(sql, attempted, plan.tools.now), () => writePlan(sql, plan)]);
}

/** What follows once the attempts are committed: log lines, alerts, and what waits for new entries or deliveries. */
function announceApplied(context: Context, attempted: readonly ReadAttempt[], ends: readonly CompletedAttempt[]): void {
  if (attempted.length === 0) return;
  logOutcomes(context, ends);
  for (const { delivery, drift } of attempted) alertOnTimes(context, delivery.connection, drift);
  context.feedChanged.notify();
  if (attempted.some((one) => one.needsFetch)) context.deliveryArrived.notify();
}

/** A large one is claimed first: reading it takes long, and many times its size in memory. */
async function processLarge(context: Context, { seq, bodyBytes }: ClaimedDelivery): Promise<void> {
  await context.inTurn(bodyBytes, async () => {
    const claim = { ...claimOptions(context, false, null, 1), only: seq };
    const claimed = await context.db.write((sql) => claimDeliveries(sql, claim));
    await whileInFlight(context, claimed, async () => {
      for (const delivery of claimed) await applyLarge(context, delivery);
    });
  });
  freeAfter(bodyBytes, true);
}

async function applyLarge(context: Context, delivery: ClaimedDelivery): Promise<void> {
  delivery.body = await readBody(context.db.read, delivery.seq);
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
    return { delivery, startedAt, ...endOf(interpretDelivery(requireConnection(context.connections, delivery.connection), delivery)) };
  } catch (error) {
    return { delivery, startedAt, reports: [], drift: [], end: { end: 'failed', error } };
  }
}

function endOf(said: Interpretation): Pick<ReadAttempt, 'end' | 'reports' | 'drift' | 'needsFetch'> {
  if (said.do === 'apply') return { end: { end: 'done' }, reports: said.reports, drift: said.drift };
  if (said.do === 'ignore') return { end: { end: 'ignored', reason: said.reason }, reports: [], drift: said.drift };
  return { end: { end: 'done' }, reports: [], drift: [], needsFetch: true };
}

/** Applies and ends claimed deliveries: all of them in one transaction, or, when it fails, each in its own. */
export async function applyTogether(context: Context, attempted: readonly ReadAttempt[]): Promise<void> {
  const ends = decideNextStates(context, attempted);
  try {
    await context.db.write((sql) => writeTogether(sql, context, attempted, ends));
  } catch (error) {
    if (attempted.length > 1) {
      for (const one of attempted) await applyTogether(context, [one]);
      return;
    }
    return endFailed(context, attempted[0] as ReadAttempt, error, (sql, ended) => writeCompleted(sql, context, ended));
  }
  announceApplied(context, attempted, ends);
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
  await writeDrift(sql, attempted, now);
  await writePlan(sql, plan);
}

async function writeDrift(sql: Sql, attempted: readonly ReadAttempt[], at: string): Promise<void> {
  for (const { delivery, drift } of attempted) {
    if (drift.length > 0) await upsertDrift(sql, { ...delivery, sampleId: delivery.id, at }, drift);
  }
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
async function endFailed(
  context: Context,
  { delivery, startedAt }: Pick<ReadAttempt, 'delivery' | 'startedAt'>,
  error: unknown,
  writeEnds: (sql: Sql, ends: readonly CompletedAttempt[]) => Promise<void>,
): Promise<void> {
  if (error instanceof OrderdockError && error.code === 'lease_lost') {
    context.log.warn('lease_lost', { deliveryId: delivery.id, connection: delivery.connection });
    return;
  }
  const ends = decideNextStates(context, [{ delivery, startedAt, end: { end: 'failed', error } }]);
  await context.db.write((sql) => writeEnds(sql, ends));
  logOutcomes(context, ends);
}
