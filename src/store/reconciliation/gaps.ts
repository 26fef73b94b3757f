import type { EntityKind } from '../../domain/entities/entity.ts';
import type { JsonObject } from '../../domain/values/json.ts';
import type { Sql } from '../engine/database.ts';
import { columnList, numberOf, rowsParameter } from '../engine/rows.ts';

/** Why no delivery had reported a change. See docs/reconciliation.md. */
export type GapCause = 'never_delivered' | 'rejected' | 'failed_after_accept' | 'stopped' | 'late';

export interface NewGap {
  runId: string;
  connection: string;
  kind: EntityKind;
  externalId: string;
  cause: GapCause;
  details: JsonObject;
  position: number;
  platformAt: string | null;
  at: string;
}

const GAP = {
  run_id: 'text',
  connection: 'text',
  kind: 'text',
  external_id: 'text',
  cause: 'text',
  details: 'text',
  change_seq: 'integer',
  platform_at: 'text',
  at: 'text',
} as const;

export async function insertGaps(sql: Sql, gaps: readonly NewGap[]): Promise<void> {
  const rows = gaps.map((gap) => ({
    run_id: gap.runId,
    connection: gap.connection,
    kind: gap.kind,
    external_id: gap.externalId,
    cause: gap.cause,
    details: JSON.stringify(gap.details),
    change_seq: gap.position,
    platform_at: gap.platformAt,
    at: gap.at,
  }));
  await sql.all(`insert into gaps (${columnList(GAP)}) select ${columnList(GAP, 'rows.')} from ${sql.dialect.rowsOf(GAP)} where true`, [
    rowsParameter(rows),
  ]);
}

/** A delivery that may explain a gap: it is pending or has failed. */
export interface Unprocessed {
  id: string;
  subject: string;
  state: 'pending' | 'working' | 'dead';
  receivedAt: string;
  error: string | null;
}

/** Unfinished and dead deliveries of these resources, oldest first. */
export async function findUnprocessed(sql: Sql, connection: string, subjects: readonly string[]): Promise<Unprocessed[]> {
  // Two statements in one: unfinished deliveries and the rest have an index of their subjects each.
  const found = [`d.state in ('pending', 'working')`, `d.state = 'dead' and d.finished_at is not null`].map(
    (condition) => `select d.seq, d.id, d.subject, d.state, d.received_at, d.error
     from ${sql.dialect.rowsOf({ subject: 'text' })} cross join deliveries d
     where ${sql.dialect.sameText('d.subject', 'rows.subject')} and d.connection = ? and ${condition}`,
  );
  const wanted = rowsParameter(subjects.map((subject) => ({ subject })));
  return sql.all<Unprocessed>(
    `select id, subject, state, received_at as "receivedAt", error from (${found.join(' union all ')}) as found order by seq`,
    [wanted, connection, wanted, connection],
  );
}

export interface Rejection {
  at: string;
  status: number;
  code: string;
}

const MOST_REFUSALS = 1000;

/** Requests of a connection that were rejected, or could not be stored, since `from`; oldest first, at most 1000. */
export async function readRejections(sql: Sql, connection: string, from: string): Promise<Rejection[]> {
  const rows = await sql.all<Rejection>('select at, status, code from refusals where connection = ? and at >= ? order by at, seq limit ?', [
    connection,
    from,
    MOST_REFUSALS,
  ]);
  return rows.map((row) => ({ ...row, status: numberOf(row.status) }));
}

/** When the last finished run before `id` started: that run saw everything that had changed earlier. */
export async function readPreviousRunStart(sql: Sql, connection: string, id: string): Promise<string | null> {
  const [row] = await sql.all<{ started_at: string }>(
    `select started_at from reconcile_runs where connection = ? and state = 'done' and failed = 0 and seq < (select seq from reconcile_runs where id = ?)
     order by seq desc limit 1`,
    [connection, id],
  );
  return row?.started_at ?? null;
}

/** A run's gaps, without those with the cause `late`. */
export async function countLostGaps(sql: Sql, runId: string): Promise<number> {
  const [row] = await sql.all<{ count: number | string }>(`select count(*) as count from gaps where run_id = ? and cause <> 'late'`, [
    runId,
  ]);
  return numberOf(row?.count);
}

/** Whether anything was ever received from a connection. */
export async function hasDeliveries(sql: Sql, connection: string): Promise<boolean> {
  return (await sql.all('select 1 as found from deliveries where connection = ? limit 1', [connection])).length === 1;
}

const LATEST = 5000;

/** A delivery may have been received this long before it was stored: no request waits longer for the store. */
const STORING_MS = 10_000;

/**
 * Gaps since `since`, of the latest 5000 with the cause `never_delivered`, whose delivery arrived later and contained nothing that was not stored
 * by then: they were only late. One that was being received while the run compared, and not stored yet, counts as later too.
 */
export async function findLateGaps(sql: Sql, connection: string, since: string): Promise<number[]> {
  const rows = await sql.all<{ seq: number | string; at: string; receivedAt: string }>(
    `select g.seq, g.at, max(d.received_at) as "receivedAt" from (select seq, connection, kind, external_id, at from gaps
       where connection = ? and at >= ? and cause = 'never_delivered' order by seq desc limit ${LATEST}) as g
     join deliveries d on ${sql.dialect.sameText('d.subject', "g.kind || ':' || g.external_id")} and d.connection = g.connection
     where d.state = 'done' and d.finished_at >= g.at and not exists (select 1 from changes c where c.cause_id = d.id)
     group by g.seq, g.at`,
    [connection, since],
  );
  return rows.filter((row) => Date.parse(row.receivedAt) >= Date.parse(row.at) - STORING_MS).map((row) => numberOf(row.seq));
}

export async function markLate(sql: Sql, seqs: readonly number[]): Promise<void> {
  await sql.all(`update gaps set cause = 'late' where seq in (${seqs.map(() => '?').join(', ')}) and cause = 'never_delivered'`, seqs);
}
