import { subjectText } from '../domain/entities/entity.ts';
import { OrderdockError, RemoteFailure, Unavailable } from '../domain/errors.ts';
import { errorText, isOnlyWaiting } from '../domain/outcome.ts';
import type { ListStream, ResourcePage } from '../platforms/contract/api.ts';
import type { Sql } from '../store/engine/database.ts';
import { releaseLease } from '../store/engine/leases.ts';
import { addProven, clipProven } from '../store/reconciliation/coverage.ts';
import { type RunRow, readRun } from '../store/reconciliation/list-runs.ts';
import { advanceRun, completeRun, type StreamProgress } from '../store/reconciliation/runs.ts';
import { moveWatermark, readWatermarks } from '../store/reconciliation/watermarks.ts';
import { markDeleted } from './find-deleted.ts';
import { alertOnGaps } from './gap-alert.ts';
import { correctLateGaps } from './gaps.ts';
import { counted, processPage } from './process-page.ts';
import { latestTrusted, provenSpan, restart, watermarkAfter } from './progress.ts';
import { isPermanentFailure, withRetry } from './retry.ts';
import { type ActiveRun, assertLease } from './run-lease.ts';

/** Reads every stream to its end, then moves the watermarks. Never throws: a run ends as done or failed, or stays to be continued. */
export async function executeRun(run: ActiveRun): Promise<void> {
  try {
    for (const stream of run.api.streams) {
      const progress = run.progress[stream.name];
      if (progress && !progress.done) await readStream(run, stream, progress);
    }
    await finish(run);
  } catch (error) {
    await endUnfinished(run, error).catch((fault: unknown) =>
      run.context.log.error('reconcile_run_not_ended', { runId: run.runId, error: errorText(fault) }),
    );
  }
}

async function readStream(run: ActiveRun, { name, ...listed }: ListStream, stream: StreamProgress): Promise<void> {
  // Only a list read from its first page to its last shows what is missing from it.
  const seen = listed.incremental || stream.page !== null ? null : new Set<string>();
  const readFrom = run.context.clock.now().toISOString();
  stream.readFrom ??= readFrom;
  const pages = new Set(stream.page === null ? [] : [stream.page]);
  while (!stream.done) {
    const requestedAt = run.context.clock.now().toISOString();
    const page = await readPage(run, name, stream);
    if (stream.page === null) pages.clear();
    if (page.next !== null && pages.has(page.next)) {
      restart(stream);
      throw new RemoteFailure('remote_paging', `The list ${name} loops: its next page has already been read.`, 0);
    }
    if (page.next !== null) pages.add(page.next);
    for (const { subject } of page.records) seen?.add(subjectText(subject));
    await processPage(run, [name, stream], page, requestedAt);
  }
  if (seen) await markDeleted(run, { name, ...listed }, seen, readFrom);
}

async function readPage(run: ActiveRun, name: string, stream: StreamProgress): Promise<ResourcePage> {
  try {
    return await withRetry(run, () => requestPage(run, name, stream));
  } catch (error) {
    if (error instanceof RemoteFailure && stream.page !== null && !isOnlyWaiting(error)) giveUpPage(stream, error);
    throw error;
  }
}

async function requestPage(run: ActiveRun, name: string, stream: StreamProgress): Promise<ResourcePage> {
  try {
    const { watermark, since, page } = stream;
    return await run.api.changesSince(name, { watermark, since, page });
  } catch (error) {
    // The page token of an earlier attempt may have expired: the list is then read from its beginning, once.
    if (!(run.continued && stream.page !== null && error instanceof RemoteFailure && isPageRefused(error))) throw error;
    run.continued = false;
    const { readFrom } = stream;
    restart(stream);
    stream.readFrom = readFrom;
    return run.api.changesSince(name, { watermark: stream.watermark, since: stream.since, page: null });
  }
}

const isPageRefused = ({ status, code }: RemoteFailure): boolean =>
  [400, 404, 410, 422].includes(status) ||
  ['page_unreadable', 'remote_paging'].includes(code) ||
  (code === 'remote_refused' && status === 0);

/** A page that keeps failing is not retried indefinitely: the next run starts the list over, immediately if the page was refused. */
function giveUpPage(stream: StreamProgress, failure: RemoteFailure): void {
  if (isPermanentFailure(failure) || stream.failedPage === stream.page) restart(stream);
  else stream.failedPage = stream.page;
}

/**
 * Ends a run that has read everything. Records that could not be read leave a gap: the watermarks then stay where they are and nothing is
 * proven, so that the next run reads those records again.
 */
async function finish(run: ActiveRun): Promise<void> {
  const { context, connection, runId } = run;
  const now = context.clock.now();
  const done = await context.db.write(async (sql) => {
    await assertLease(sql, run);
    const stored = await readRun(sql, runId);
    if (stored === null) throw new OrderdockError('run_unknown', 'The run is not in the store.');
    const { failed, seen } = stored.counts;
    if (failed === 0) await storeProof(sql, run, now.toISOString());
    const error = failed === 0 ? null : `records_failed: ${failed} of ${seen} records could not be applied; the watermark does not move.`;
    await completeRun(sql, runId, { state: 'done', at: now.toISOString(), error });
    await releaseLease(sql, run.lease.name, run.lease.owner);
    return { ...stored, state: 'done', error };
  });
  report(run, done);
  await correctLateGaps(context, connection.name);
  await alertOnGaps(context, connection, done);
}

async function storeProof(sql: Sql, run: ActiveRun, now: string): Promise<void> {
  const { name: connection } = run.connection;
  const watermarks = await readWatermarks(sql, connection);
  for (const [name, stream] of Object.entries(run.progress)) {
    const watermark = watermarkAfter(stream, watermarks.get(name) ?? null);
    if (watermark !== undefined) await moveWatermark(sql, connection, name, watermark, now);
  }
  const span = provenSpan(run.progress);
  if (span) await clipProven(sql, connection, { beyond: latestTrusted(now), to: span.to });
  if (span) await addProven(sql, connection, { ...span, runId: run.runId });
}

/** If the service is stopping, the lease was lost or the store is unavailable, the run stays to be continued. Otherwise it has failed. */
async function endUnfinished(run: ActiveRun, error: unknown): Promise<void> {
  const { context, connection, runId, lease } = run;
  const code = error instanceof OrderdockError ? error.code : '';
  if (run.stop.signal.aborted || code === 'lease_lost' || error instanceof Unavailable) {
    context.log.info('reconcile_run_interrupted', { runId, connection: connection.name, state: 'interrupted', error: errorText(error) });
    await context.db.write((sql) => releaseLease(sql, lease.name, lease.owner));
    return;
  }
  const failed = await context.db.write(async (sql) => {
    await assertLease(sql, run);
    await advanceRun(sql, runId, counted(), run.progress);
    await completeRun(sql, runId, { state: 'failed', at: context.clock.now().toISOString(), error: errorText(error) });
    await releaseLease(sql, lease.name, lease.owner);
    return readRun(sql, runId);
  });
  if (failed) report(run, failed);
}

function report({ context, connection, runId }: ActiveRun, { state, error, counts, startedAt }: RunRow): void {
  const tookMs = context.clock.now().getTime() - Date.parse(startedAt);
  const fields = { runId, connection: connection.name, state, ...counts, tookMs, error };
  if (error === null) {
    context.log.info('reconcile_run_completed', fields);
    context.alerts.close('reconcile_failed', connection.name, `${connection.name}: reconciliation runs complete again.`);
    return;
  }
  context.log.error('reconcile_run_failed', fields);
  context.alerts.open({
    level: 'warning',
    code: 'reconcile_failed',
    connection: connection.name,
    text: `${connection.name}: a reconcile run proved nothing (${error}). The next run continues from there.`,
    details: { runId, error },
  });
}
