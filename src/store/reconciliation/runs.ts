import { type Json, type JsonObject, objectAt } from '../../domain/values/json.ts';
import type { Sql } from '../engine/database.ts';
import { storedText } from '../engine/rows.ts';

export type RunTrigger = 'schedule' | 'start' | 'demand';

/** The progress of one stream of a run. */
export interface StreamProgress {
  /** Where it started: the platform's string; null: from `since`, or from the platform's beginning. */
  watermark: string | null;
  since: string | null;
  /** True: `since` was requested instead of the watermark. */
  ownSince: boolean;
  /** Token of the next page; null: the first. */
  page: string | null;
  /** When the first page was requested, ISO 8601; null: not yet. */
  readFrom: string | null;
  /** The platform's own time of its first response; null or missing: it did not state one. */
  answeredAt?: string | null;
  /** The page that failed last: a page is attempted in two runs, then the list is read from its beginning. */
  failedPage?: string | null;
  /** The watermark so far: it is stored after the last page. */
  candidate: string | null;
  done: boolean;
}

/** By stream, in the order in which they are read. */
export type RunProgress = Readonly<Record<string, StreamProgress>>;

export interface RunCounts {
  seen: number;
  unchanged: number;
  applied: number;
  gaps: number;
  failed: number;
}

export interface NewRun {
  id: string;
  connection: string;
  trigger: RunTrigger;
  startedAt: string;
  progress: RunProgress;
}

export async function insertRun(sql: Sql, run: NewRun): Promise<void> {
  await sql.all(`insert into reconcile_runs (id, connection, "trigger", state, started_at, progress) values (?, ?, ?, 'running', ?, ?)`, [
    run.id,
    run.connection,
    run.trigger,
    run.startedAt,
    JSON.stringify(run.progress),
  ]);
}

/** Adds to the counts of a running run and stores its progress. */
export async function advanceRun(sql: Sql, id: string, counts: RunCounts, progress: RunProgress): Promise<void> {
  await sql.all(
    `update reconcile_runs set seen = seen + ?, unchanged = unchanged + ?, applied = applied + ?, gaps = gaps + ?, failed = failed + ?, progress = ?
     where id = ?`,
    [counts.seen, counts.unchanged, counts.applied, counts.gaps, counts.failed, JSON.stringify(progress), id],
  );
}

/** Ends a running run; false if it has already ended. */
export async function completeRun(
  sql: Sql,
  id: string,
  end: { state: 'done' | 'failed'; at: string; error: string | null },
): Promise<boolean> {
  const ended = await sql.all(
    `update reconcile_runs set state = ?, finished_at = ?, error = ? where id = ? and state = 'running' returning id`,
    [end.state, end.at, end.error, id],
  );
  return ended.length === 1;
}

/** The stored progress of a run. */
export const readProgress = (progress: Json): RunProgress =>
  Object.fromEntries(Object.entries(objectAt(progress)).map(([stream, stored]) => [stream, toStreamProgress(objectAt(stored))]));

const toStreamProgress = (stored: JsonObject): StreamProgress => ({
  watermark: storedText(stored.watermark),
  since: storedText(stored.since),
  ownSince: stored.ownSince === true,
  page: storedText(stored.page),
  readFrom: storedText(stored.readFrom),
  answeredAt: storedText(stored.answeredAt),
  failedPage: storedText(stored.failedPage),
  candidate: storedText(stored.candidate),
  done: stored.done === true,
});
