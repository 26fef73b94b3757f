import { type Json, type JsonObject, objectAt } from '../../domain/values/json.ts';
import type { Sql } from '../engine/database.ts';
import { storedText } from '../engine/rows.ts';

export type RunTrigger = 'schedule' | 'start' | 'demand';

/** How far one stream of a run has come. */
export interface StreamProgress {
  /** Where it began: the platform's string; null: from `since`, or from the platform's beginning. */
  watermark: string | null;
  since: string | null;
  /** True: `since` was asked for, in place of the watermark. */
  ownSince: boolean;
  /** Token of the page that comes next; null: the first. */
  page: string | null;
  /** When the first page was asked for, ISO 8601; null: not yet. */
  readFrom: string | null;
  /** The platform's own time of its first answer; null or missing: it did not say. */
  answeredAt?: string | null;
  /** The page that failed last: a page is tried in two runs, then the list is read from its beginning. */
  failedPage?: string | null;
  /** The watermark as known so far: it is stored after the last page. */
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

/** Adds to a running run's counts and writes how far it has come. */
export async function advanceRun(sql: Sql, id: string, counts: RunCounts, progress: RunProgress): Promise<void> {
  await sql.all(
    `update reconcile_runs set seen = seen + ?, unchanged = unchanged + ?, applied = applied + ?, gaps = gaps + ?, failed = failed + ?, progress = ?
     where id = ?`,
    [counts.seen, counts.unchanged, counts.applied, counts.gaps, counts.failed, JSON.stringify(progress), id],
  );
}

/** Ends a running run; false when it has ended already. */
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

/** The progress of a run as it was stored. */
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
