import type { Sql } from '../engine/database.ts';

/** A span of platform time that a finished run has compared completely. `from` null: from the beginning. */
export interface Proven {
  from: string | null;
  to: string;
  runId: string;
}

/** Oldest first. */
export async function readProven(sql: Sql, connection: string): Promise<Proven[]> {
  return sql.all<Proven>(
    'select from_at as "from", to_at as "to", run_id as "runId" from coverage where connection = ? order by to_at, seq',
    [connection],
  );
}

/** Adds a span, merged with those that it touches, so that the list stays short. */
export async function addProven(sql: Sql, connection: string, span: Proven): Promise<void> {
  const touched = await sql.all<{ from_at: string | null; to_at: string }>(
    'delete from coverage where connection = ? and to_at >= ? and (from_at is null or from_at <= ?) returning from_at, to_at',
    [connection, span.from ?? '', span.to],
  );
  const froms = [span.from, ...touched.map((row) => row.from_at)];
  const from = froms.includes(null) ? null : (froms.filter((at) => at !== null).sort()[0] ?? null);
  const to = [span.to, ...touched.map((row) => row.to_at)].sort().at(-1) ?? span.to;
  await sql.all('insert into coverage (connection, from_at, to_at, run_id) values (?, ?, ?, ?)', [connection, from, to, span.runId]);
}

/** Cuts spans that extend into the future, beyond `beyond`, back to `to`: an earlier version took their end from a row with a future date. */
export async function clipProven(sql: Sql, connection: string, { beyond, to }: { beyond: string; to: string }): Promise<void> {
  await sql.all('update coverage set to_at = ? where connection = ? and to_at > ?', [to, connection, beyond]);
}

/** Runs that started after `after` and proved nothing: interrupted, or with records that could not be read. Oldest first. */
export async function readFailedRuns(
  sql: Sql,
  connection: string,
  after: string,
): Promise<{ id: string; startedAt: string; state: string; failed: number }[]> {
  return sql.all(
    `select id, started_at as "startedAt", state, failed from reconcile_runs
     where connection = ? and started_at >= ? and (state <> 'done' or failed > 0) order by seq`,
    [connection, after],
  );
}

/**
 * When a connection's requests were rejected or could not be stored, after `after`: by code, from the first to the last. Those whose credentials were
 * not accepted are left out: anyone may have sent them.
 */
export async function readRejectedSpans(
  sql: Sql,
  connection: string,
  after: string,
): Promise<{ status: number; code: string; from: string; to: string; count: number | string }[]> {
  return sql.all(
    `select status, code, min(at) as "from", max(at) as "to", count(*) as count from refusals
     where connection = ? and at > ? and status not in (401, 403) and reason is null group by status, code, substr(at, 1, 13) order by 3`,
    [connection, after],
  );
}
