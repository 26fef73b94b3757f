import type { Drift } from '../domain/entities/drift.ts';
import { type EntityReport, hasUnreadableTime } from '../domain/entities/entity.ts';
import { OrderdockError, RemoteFailure, RemoteMissing, Unavailable } from '../domain/errors.ts';
import { errorText } from '../domain/outcome.ts';
import { createTurn } from '../domain/turn.ts';
import type { ResourcePage } from '../platforms/contract/api.ts';
import { type Application, type Applied, applyReports } from '../processing/apply-reports.ts';
import { readResource } from '../processing/interpret-delivery.ts';
import { ageOf } from '../processing/merge/compare-times.ts';
import { mergeReport } from '../processing/merge/merge-entity.ts';
import { alertOnTimes } from '../processing/time-alerts.ts';
import { upsertDrift } from '../store/drift/upsert.ts';
import type { Sql } from '../store/engine/database.ts';
import { entityKeyText, readStates } from '../store/entities/states.ts';
import { advanceRun, type RunCounts, type StreamProgress } from '../store/reconciliation/runs.ts';
import { findWithheld } from './find-withheld.ts';
import { recordGaps } from './gaps.ts';
import { trustedWatermark } from './progress.ts';
import { withRetry } from './retry.ts';
import { type ActiveRun, assertLease } from './run-lease.ts';

/** Records per transaction; fewer where each may need its own call, so that little is repeated after an interruption. */
const BATCH_SIZE = 50;
const BATCH_SIZE_PARTIAL = 10;

type ListedRecord = ResourcePage['records'][number];

/** A record and its content; null reports: it could not be read. */
export interface ListedResource {
  record: ListedRecord;
  reports: EntityReport[] | null;
  drift: Drift[];
}

/** Applies a page in batches, then advances the run to the next page. A page that is interrupted is read again. */
export async function processPage(
  run: ActiveRun,
  [name, stream]: [name: string, stream: StreamProgress],
  page: ResourcePage,
  requestedAt: string,
): Promise<void> {
  const size = page.records.some((record) => record.partial) ? BATCH_SIZE_PARTIAL : BATCH_SIZE;
  for (let from = 0; from < page.records.length; from += size) {
    await applyListed(run, await readRecords(run, page.records.slice(from, from + size), requestedAt), requestedAt);
  }
  if (stream.page === null) stream.answeredAt = page.answeredAt ?? null;
  stream.failedPage = null;
  stream.page = page.next;
  stream.candidate = trustedWatermark(page.watermark, run.context.clock.now().toISOString()) ?? stream.candidate;
  stream.done = page.next === null;
  const unnamed = page.unnamed ?? 0;
  await run.context.db.write(async (sql) => {
    await assertLease(sql, run);
    await advanceRun(sql, run.runId, counted({ seen: unnamed, failed: unnamed }), run.progress);
  });
  if (unnamed > 0)
    run.context.log.error('reconcile_rows_unnamed', { runId: run.runId, connection: run.connection.name, list: name, rows: unnamed });
}

async function readRecords(run: ActiveRun, records: readonly ListedRecord[], requestedAt: string): Promise<ListedResource[]> {
  const listed: ListedResource[] = [];
  for (const record of records) listed.push(await readRecord(run, record, requestedAt));
  return listed;
}

async function readRecord(run: ActiveRun, record: ListedRecord, requestedAt: string): Promise<ListedResource> {
  const { connection, context } = run;
  try {
    const read = readResource(connection, record.subject, record.text, { form: 'list', at: requestedAt });
    const isUnreadable = read.reports.some(hasUnreadableTime) && connection.platform.canFetch?.(record.subject.kind, connection.settings);
    if (!record.partial && !isUnreadable) return { record, ...read };
    if (record.partial && (await isKnown(run, read.reports))) return { record, reports: [], drift: read.drift };
    const fetchedAt = context.clock.now().toISOString();
    const { text } = await withRetry(run, () => run.api.fetch(record.subject, 'reconcile'));
    const fetched = readResource(connection, record.subject, text, { form: 'fetch', at: fetchedAt });
    return { record, ...fetched, drift: [...read.drift, ...fetched.drift] };
  } catch (error) {
    // Deleted between list and fetch: the platform reports that with a separate event.
    if (error instanceof RemoteMissing) return { record, reports: [], drift: [] };
    if (endsRun(error)) throw error;
    noteFailure(run, record, error);
    return { record, reports: null, drift: [] };
  }
}

/** Whether a failed call for one resource ends the run; otherwise only that resource is counted as failed. */
export const endsRun = (error: unknown): boolean => error instanceof RemoteFailure || error instanceof Unavailable || isInterruption(error);

const isInterruption = (error: unknown): boolean => error instanceof OrderdockError && ['interrupted', 'lease_lost'].includes(error.code);

/**
 * Whether a summary contains nothing that is not stored. A summary without a time does not qualify; an equal time is not enough (some
 * platforms have times in whole seconds), nor is an order of which only a summary has been seen so far.
 */
async function isKnown(run: ActiveRun, reports: readonly EntityReport[]): Promise<boolean> {
  const { connection, context } = run;
  const keyOf = (report: EntityReport) => ({ connection: connection.name, kind: report.kind, externalId: report.externalId });
  const states = await readStates(context.db.read, reports.map(keyOf));
  const merging = {
    connection: connection.name,
    platform: connection.platform.name,
    at: context.clock.now().toISOString(),
    makeId: context.makeId,
    turn: createTurn(),
  };
  for (const report of reports) {
    const stored = states.get(entityKeyText(keyOf(report)));
    if (stored?.lastUpdatedAt == null || report.lastUpdatedAt === null || ageOf(report, stored) === 'newer') return false;
    if (report.sourceLines !== null && stored.lines.size === 0 && stored.deletedAt === null) return false;
    if ((await mergeReport(structuredClone(stored), report, merging)).change !== null) return false;
  }
  return true;
}

/** Applies all records in one transaction with the run's counts; if that fails, each in its own, so that one bad record affects no other. */
export async function applyListed(run: ActiveRun, listed: readonly ListedResource[], requestedAt: string): Promise<void> {
  const { context } = run;
  try {
    await context.db.write(async (sql) => {
      await assertLease(sql, run);
      await advanceRun(sql, run.runId, await applyInTransaction(sql, run, listed, requestedAt), run.progress);
    });
  } catch (error) {
    if (error instanceof Unavailable || isInterruption(error)) throw error;
    if (listed.length > 1) {
      for (const one of listed) await applyListed(run, [one], requestedAt);
      return;
    }
    const [failing] = listed;
    if (!failing) throw error;
    noteFailure(run, failing.record, error);
    await context.db.write((sql) => advanceRun(sql, run.runId, counted({ seen: 1, failed: 1 }), run.progress));
  }
  for (const { drift } of listed) alertOnTimes(context, run.connection.name, drift);
  context.feedChanged.notify();
}

async function applyInTransaction(sql: Sql, run: ActiveRun, listed: readonly ListedResource[], requestedAt: string): Promise<RunCounts> {
  const { context, connection, runId } = run;
  const now = context.clock.now().toISOString();
  const readable = listed.filter((one) => one.reports !== null);
  const superseded = await findSuperseded(sql, run, readable, requestedAt);
  const sources = readable.flatMap((one) =>
    (one.reports ?? []).filter((report) => !superseded.has(report)).map((report) => ({ one, report })),
  );
  const applications = sources.map(
    ({ report }): Application => ({
      connection: connection.name,
      platform: connection.platform.name,
      report,
      cause: { type: 'reconcile', id: runId, eventType: null },
      receivedAt: null,
    }),
  );
  const withheld = await findWithheld(
    sql,
    run,
    sources.map(({ report }) => report),
  );
  const applied = await applyReports(sql, applications, { now, makeId: context.makeId });
  for (const { drift } of readable) {
    if (drift.length > 0)
      await upsertDrift(sql, { connection: connection.name, platform: connection.platform.name, sampleId: runId, at: now }, drift);
  }
  const gaps = await recordGaps(
    sql,
    { connection: connection.name, runId, now, processId: context.processId },
    foundChanges(applications, applied),
  );
  const changed = new Set(sources.filter((_source, position) => applied[position]?.position != null).map(({ one }) => one));
  const missed = new Set(sources.filter(({ report }) => withheld.has(report)).map(({ one }) => one));
  for (const { record } of missed) noteFailure(run, record, new OrderdockError('unreadable_time', WITHHELD));
  const failed = listed.length - readable.length + missed.size;
  const unchanged = readable.filter((one) => !changed.has(one) && !missed.has(one)).length;
  return counted({ seen: listed.length, applied: [...changed].filter((one) => !missed.has(one)).length, unchanged, gaps, failed });
}

const WITHHELD = 'Its time cannot be read and its content differs from what is stored, so it may be older.';

/**
 * Reports without a time about entities that a delivery has changed since the page was requested: the order of the two is unknown, and
 * the delivery arrived later.
 */
async function findSuperseded(
  sql: Sql,
  run: ActiveRun,
  listed: readonly ListedResource[],
  requestedAt: string,
): Promise<Set<EntityReport>> {
  const timeless = listed.flatMap((one) => one.reports ?? []).filter((report) => report.lastUpdatedAt === null);
  if (timeless.length === 0) return new Set();
  const keyOf = (report: EntityReport) => ({ connection: run.connection.name, kind: report.kind, externalId: report.externalId });
  const states = await readStates(sql, timeless.map(keyOf));
  return new Set(timeless.filter((report) => (states.get(entityKeyText(keyOf(report)))?.updatedAt ?? '') > requestedAt));
}

const foundChanges = (applications: readonly Application[], applied: readonly Applied[]) =>
  applied.flatMap(({ position }, index) => {
    const report = applications[index]?.report;
    return position === null || !report
      ? []
      : [{ kind: report.kind, externalId: report.externalId, position, platformAt: report.lastUpdatedAt }];
  });

export const counted = (counts: Partial<RunCounts> = {}): RunCounts => ({
  seen: 0,
  unchanged: 0,
  applied: 0,
  gaps: 0,
  failed: 0,
  ...counts,
});

/** Logs that one resource could not be read or applied. */
export function noteFailure(run: ActiveRun, record: Pick<ListedRecord, 'subject'>, error: unknown): void {
  const { kind, externalId } = record.subject;
  run.context.log.error('reconcile_record_failed', {
    runId: run.runId,
    connection: run.connection.name,
    kind,
    externalId,
    error: errorText(error),
  });
}
