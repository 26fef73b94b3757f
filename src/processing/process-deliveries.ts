import type { Context } from '../context.ts';
import type { Cause } from '../domain/entities/change.ts';
import type { Drift } from '../domain/entities/drift.ts';
import type { EntityReport } from '../domain/entities/entity.ts';
import { OrderdockError, Unavailable } from '../domain/errors.ts';
import { collectGarbageAfter } from '../domain/memory.ts';
import { createTurn } from '../domain/turn.ts';
import type { Interpretation } from '../platforms/contract/webhook.ts';
import { type Claim, type ClaimedDelivery, claimDeliveries, loadContents, takeDeliveries } from '../store/deliveries/claim.ts';
import { upsertDrift } from '../store/drift/upsert.ts';
import { pipelined, type Sql, WriteConflict } from '../store/engine/database.ts';
import { type Application, type ApplyPlan, planReports, writePlan } from './apply-reports.ts';
import { FIRST_BATCH } from './batch-size.ts';
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

/** How long a delivery stays with a worker that does not renew its lease. */
export const LEASE_MS = 30_000;
/** Most bytes of bodies in one transaction; the rest waits for the next one. */
const MOST_BYTES_PER_TRANSACTION = 4_000_000;

export function claimOptions(context: Context, notifications: boolean, connection: string | null, limit: number): Claim {
  const now = context.clock.now();
  const leaseUntil = new Date(now.getTime() + LEASE_MS).toISOString();
  return { worker: context.processId, now: now.toISOString(), leaseUntil, limit, connection, notifications };
}

/**
 * Processes due deliveries that carry their content: many deliveries of different resources are taken, applied and completed in one
 * transaction, which is ten times faster than one transaction each. If it fails, each delivery gets its own, so that one that always fails
 * affects no other; a large one is always processed alone. Returns the number of deliveries taken.
 */
export async function processDeliveries(context: Context, most = FIRST_BATCH): Promise<number> {
  const batch = await processBatch(context, { limit: most, only: null });
  for (const delivery of batch.large) await processLarge(context, delivery);
  return batch.taken + batch.large.length;
}

interface Batch {
  taken: number;
  /** Deliveries too large to be processed together with others. */
  large: readonly ClaimedDelivery[];
}

interface Prepared extends Batch {
  attempted: readonly ReadAttempt[];
  ends: readonly CompletedAttempt[];
  plan: ApplyPlan;
}

async function processBatch(context: Context, take: { limit: number; only: readonly number[] | null }): Promise<Batch> {
  const tracker = createBatchTracker(context);
  try {
    const prepared = await context.db.change(
      (sql) => prepareBatch(sql, context, take, tracker),
      async (sql, batch) => {
        await writeBatch(sql, batch);
        return batch;
      },
    );
    announceApplied(context, prepared.attempted, prepared.ends);
    return prepared;
  } catch (error) {
    const failed = tracker.deliveries();
    tracker.clear();
    if (error instanceof Unavailable || error instanceof WriteConflict || failed.length === 0) throw error;
    await processEachAlone(context, failed, error);
    return { taken: failed.length, large: [] };
  } finally {
    tracker.clear();
  }
}

/** Tracks the deliveries of a batch in `context.inTransaction`, so that the process's other lane skips them. */
function createBatchTracker(context: Context): {
  track(deliveries: readonly ClaimedDelivery[]): void;
  clear(): void;
  deliveries(): ClaimedDelivery[];
} {
  let deliveries: readonly ClaimedDelivery[] = [];
  return {
    track(taken) {
      deliveries = taken;
      for (const { seq } of taken) context.inTransaction.add(seq);
    },
    clear() {
      for (const { seq } of deliveries) context.inTransaction.delete(seq);
      deliveries = [];
    },
    deliveries: () => [...deliveries],
  };
}

async function processEachAlone(context: Context, deliveries: readonly ClaimedDelivery[], error: unknown): Promise<void> {
  const [only, ...others] = deliveries;
  if (only && others.length === 0) return completeFailed(context, { delivery: only, startedAt: context.clock.now() }, error, writeTaken);
  for (const { seq } of deliveries) await processBatch(context, { limit: 1, only: [seq] });
}

async function prepareBatch(
  sql: Sql,
  context: Context,
  take: { limit: number; only: readonly number[] | null },
  tracker: ReturnType<typeof createBatchTracker>,
): Promise<Prepared> {
  tracker.clear();
  const now = context.clock.now().toISOString();
  const { recentContents: recent } = context;
  const due = await takeDeliveries(sql, {
    now,
    mostBytes: MOST_BYTES_PER_TRANSACTION,
    except: [...context.inTransaction],
    recent,
    ...take,
  });
  const large = due.filter(({ bodyLoaded }) => !bodyLoaded);
  const light = due.filter(({ bodyLoaded }) => bodyLoaded);
  tracker.track(light);
  const attempted: ReadAttempt[] = [];
  const turn = createTurn();
  for (const delivery of light) {
    attempted.push(attempt(context, delivery));
    // Webhooks are accepted meanwhile.
    await turn.pauseIfLong();
  }
  const applications = attempted.flatMap((one) => one.reports.map((entity) => applicationOf(one.delivery, entity)));
  const plan = await planReports(sql, applications, { now, makeId: context.makeId }, { lock: true });
  return { taken: light.length, large, attempted, ends: decideNextStates(context, attempted), plan };
}

/** Writes the results of a batch, its feed entries last: without drift, which is rare, one round trip on an engine that pipelines statements. */
async function writeBatch(sql: Sql, { attempted, ends, plan }: Prepared): Promise<void> {
  if (attempted.length === 0) return;
  await writeDrift(sql, attempted, plan.tools.now);
  await pipelined(sql, [() => writeTaken(sql, ends), () => writePlan(sql, plan)]);
}

/** After the commit: writes log entries, opens alerts, and wakes those who wait for feed entries or deliveries. */
function announceApplied(context: Context, attempted: readonly ReadAttempt[], ends: readonly CompletedAttempt[]): void {
  if (attempted.length === 0) return;
  logOutcomes(context, ends);
  for (const { delivery, drift } of attempted) alertOnTimes(context, delivery.connection, drift);
  context.feedChanged.notify();
  if (attempted.some((one) => one.needsFetch)) context.deliveryArrived.notify();
}

/** A large delivery is claimed first: reading it takes long, and many times its size in memory. */
async function processLarge(context: Context, { seq, bodyBytes }: ClaimedDelivery): Promise<void> {
  await context.withLargeBodyLock(bodyBytes, async () => {
    const claim = { ...claimOptions(context, false, null, 1), only: seq };
    const claimed = await context.db.write((sql) => claimDeliveries(sql, claim));
    await whileInFlight(context, claimed, async () => {
      for (const delivery of claimed) await applyLarge(context, delivery);
    });
  });
  collectGarbageAfter(bodyBytes, true);
}

async function applyLarge(context: Context, delivery: ClaimedDelivery): Promise<void> {
  await loadContents(context.db.read, delivery);
  const attempted = attempt(context, delivery);
  // The attempt contains its reports, and the store its bytes.
  delivery.body = NO_BYTES;
  collectGarbageAfter(delivery.bodyBytes);
  await createTurn().pause();
  await applyTogether(context, [attempted]);
}

const NO_BYTES = Buffer.alloc(0);

/**
 * Marks these deliveries as in flight during `work`, so that their leases are renewed. Those it could not complete (the database was unavailable)
 * are recovered by their leases.
 */
export async function whileInFlight<T>(context: Context, claimed: readonly ClaimedDelivery[], work: () => Promise<T>): Promise<T> {
  for (const { id } of claimed) context.inFlight.add(id);
  try {
    return await work();
  } finally {
    for (const { id } of claimed) context.inFlight.delete(id);
  }
}

/** An attempt with what the delivery reports: `end` applies if the reports can be stored. */
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

function endOf(interpreted: Interpretation): Pick<ReadAttempt, 'end' | 'reports' | 'drift' | 'needsFetch'> {
  if (interpreted.do === 'apply') return { end: { end: 'done' }, reports: interpreted.reports, drift: interpreted.drift };
  if (interpreted.do === 'ignore') return { end: { end: 'ignored', reason: interpreted.reason }, reports: [], drift: interpreted.drift };
  return { end: { end: 'done' }, reports: [], drift: [], needsFetch: true };
}

/** Applies and completes claimed deliveries: all in one transaction, or, if it fails, each in its own. */
export async function applyTogether(context: Context, attempted: readonly ReadAttempt[]): Promise<void> {
  const ends = decideNextStates(context, attempted);
  try {
    await context.db.write((sql) => writeTogether(sql, context, attempted, ends));
  } catch (error) {
    const [first, ...others] = attempted;
    if (!first) throw error;
    if (others.length === 0) return completeFailed(context, first, error, (sql, ended) => writeCompleted(sql, context, ended));
    for (const one of attempted) await applyTogether(context, [one]);
    return;
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
  const plan = await planReports(sql, applications, { now, makeId: context.makeId }, { lock: true });
  await writeCompleted(sql, context, ends);
  await writeDrift(sql, attempted, now);
  await writePlan(sql, plan);
}

async function writeDrift(sql: Sql, attempted: readonly ReadAttempt[], at: string): Promise<void> {
  for (const { delivery, drift } of attempted) {
    if (drift.length > 0) await upsertDrift(sql, { ...delivery, sampleId: delivery.id, at }, drift);
  }
}

/** The cause of a change: the delivery, or its replay. */
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

/** The results could not be written: only the failure is stored, unless another worker has taken over the delivery. */
async function completeFailed(
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
