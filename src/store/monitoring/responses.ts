import type { Sql } from '../engine/database.ts';
import { columnList, numberOf, rowsParameter } from '../engine/rows.ts';

/** Answers that we sent: a count per connection, minute and status. */
export interface ResponseCount {
  connection: string;
  /** ISO 8601 UTC, to the minute. */
  minute: string;
  status: number;
  count: number;
}

const ANSWER = { connection: 'text', minute: 'text', status: 'integer', count: 'integer' } as const;

export async function addResponses(sql: Sql, counts: readonly ResponseCount[]): Promise<void> {
  await sql.all(
    `insert into answers (${columnList(ANSWER)}) select ${columnList(ANSWER, 'rows.')} from ${sql.dialect.rowsOf(ANSWER)} where true
     on conflict (connection, minute, status) do update set count = answers.count + excluded.count`,
    [rowsParameter(counts)],
  );
}

/** The number of answers of each status to a connection since `from`. */
export async function readResponses(sql: Sql, connection: string, from: string): Promise<Record<string, number>> {
  const rows = await sql.all<{ status: number; count: number | string }>(
    'select status, sum(count) as count from answers where connection = ? and minute >= ? group by status order by status',
    [connection, from],
  );
  return Object.fromEntries(rows.map((row) => [String(row.status), numberOf(row.count)]));
}

export interface RejectionRow {
  connection: string;
  at: string;
  status: number;
  code: string;
  /** Who sent it, why it was rejected, and a description of its credentials; null if its credentials had been accepted. */
  address: string | null;
  reason: string | null;
  credential: string | null;
}

const REFUSAL = {
  connection: 'text',
  at: 'text',
  status: 'integer',
  code: 'text',
  address: 'text',
  reason: 'text',
  credential: 'text',
} as const;

export async function insertRejections(sql: Sql, refusals: readonly RejectionRow[]): Promise<void> {
  await sql.all(
    `insert into refusals (${columnList(REFUSAL)}) select ${columnList(REFUSAL, 'rows.')} from ${sql.dialect.rowsOf(REFUSAL)} where true`,
    [rowsParameter(refusals)],
  );
}

/** Failures in a row: answers that the platform counts as failures, since the last success. */
export interface FailureStreak {
  failures: number;
  firstFailedAt: string | null;
  lastFailedAt: string | null;
  lastSucceededAt: string | null;
}

/** Continues a connection's streak: if `lastSucceededAt` is set, a success has ended the previous one. */
export async function addStreak(sql: Sql, connection: string, streak: FailureStreak): Promise<void> {
  await sql.all(
    `insert into answer_streaks (connection, failures, first_failed_at, last_failed_at, last_succeeded_at) values (?, ?, ?, ?, ?)
     on conflict (connection) do update set
       failures = case when excluded.last_succeeded_at is null then answer_streaks.failures else 0 end + excluded.failures,
       first_failed_at = case when excluded.last_succeeded_at is null then coalesce(answer_streaks.first_failed_at, excluded.first_failed_at)
         else excluded.first_failed_at end,
       last_failed_at = coalesce(excluded.last_failed_at, answer_streaks.last_failed_at),
       last_succeeded_at = coalesce(excluded.last_succeeded_at, answer_streaks.last_succeeded_at)`,
    [connection, streak.failures, streak.firstFailedAt, streak.lastFailedAt, streak.lastSucceededAt],
  );
}

const NO_STREAK: FailureStreak = { failures: 0, firstFailedAt: null, lastFailedAt: null, lastSucceededAt: null };

export async function readStreak(sql: Sql, connection: string): Promise<FailureStreak> {
  const [row] = await sql.all<FailureStreak>(
    `select failures, first_failed_at as "firstFailedAt", last_failed_at as "lastFailedAt", last_succeeded_at as "lastSucceededAt"
     from answer_streaks where connection = ?`,
    [connection],
  );
  return row ? { ...row, failures: numberOf(row.failures) } : NO_STREAK;
}
