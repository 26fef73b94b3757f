import type { Sql } from '../engine/database.ts';
import { numberOf } from '../engine/rows.ts';

/** Violations of an invariant: ids, at most as many as requested. */
export type Offenders = string[];

const MOST = 100;

/** Deliveries whose worker has sent no heartbeat since `before`: they should have been requeued. */
export async function findAbandoned(sql: Sql, before: string): Promise<Offenders> {
  const rows = await sql.all<{ id: string }>(`select id from deliveries where state = 'working' and lease_until < ? limit ${MOST}`, [
    before,
  ]);
  return rows.map((row) => row.id);
}

export interface Waiting {
  id: string;
  seq: number;
  connection: string;
}

const HEAD = 200;

/** Of the 200 that have been pending longest since before `before`: deliveries with no unfinished earlier one of their resource. Oldest first. */
export async function findOverdue(sql: Sql, before: string): Promise<Waiting[]> {
  const rows = await sql.all<{ id: string; seq: number | string; connection: string }>(
    `select d.id, d.seq, d.connection
     from (select id, seq, connection, subject from deliveries where state = 'pending' and next_attempt_at < ? order by seq limit ${HEAD}) as d
     where (select 1 from deliveries e
       where ${sql.dialect.sameText('e.subject', 'd.subject')} and e.connection = d.connection and e.state in ('pending', 'working') and e.seq < d.seq
       limit 1) is null
     order by d.seq`,
    [before],
  );
  return rows.map((row) => ({ ...row, seq: numberOf(row.seq) }));
}

const NEAR = 2000;

/** Whether a connection's deliveries around position `near` are being processed: one is in progress, or has ended since `since`. */
export async function isBeingWorked(sql: Sql, connection: string, near: number, since: string): Promise<boolean> {
  const rows = await sql.all(
    `select 1 as busy where exists (select 1 from deliveries where connection = ? and state = 'working')
       or exists (select 1 from deliveries where connection = ? and seq > ? and seq < ? and finished_at >= ?)`,
    [connection, connection, near - NEAR, near + NEAR, since],
  );
  return rows.length === 1;
}

/** A range of a table, by position: after `after`, up to `upTo`. */
export interface RowRange {
  after: number;
  upTo: number;
}

/**
 * Entities whose version is not that of their newest feed entry. Those that have not changed since `kept` may have lost their entries to retention;
 * `kept` null: nothing has been deleted yet.
 */
export async function findUnreported(sql: Sql, range: RowRange, kept: string | null): Promise<Offenders> {
  const rows = await sql.all<{ id: string }>(
    `select e.id from entities e where e.seq > ? and e.seq <= ? and e.updated_at >= ?
       and e.version <> coalesce((select max(c.version) from changes c where c.entity_id = e.id), 0) order by e.seq limit ${MOST}`,
    [range.after, range.upTo, kept ?? ''],
  );
  return rows.map((row) => row.id);
}

/** Feed entries without their predecessor, although older ones of the entity exist, or none was ever deleted (`whole`). */
export async function findHoles(sql: Sql, range: RowRange, whole: boolean): Promise<Offenders> {
  const rows = await sql.all<{ seq: number | string }>(
    `select c.seq from changes c where c.seq > ? and c.seq <= ? and c.version > 1
       and not exists (select 1 from changes p where p.entity_id = c.entity_id and p.version = c.version - 1)
       ${whole ? '' : 'and exists (select 1 from changes o where o.entity_id = c.entity_id and o.version < c.version - 1)'}
     order by c.seq limit ${MOST}`,
    [range.after, range.upTo],
  );
  return rows.map((row) => String(row.seq));
}

/** How far the tables reach, and the first entry of the feed. */
export async function readReach(
  sql: Sql,
): Promise<{ entities: number; changes: number; firstChange: number; firstChangeAt: string | null }> {
  const [row] = await sql.all<{ entities: number | string; changes: number | string; first: number | string | null; at: string | null }>(
    `select coalesce((select max(seq) from entities), 0) as entities, coalesce((select max(seq) from changes), 0) as changes,
       (select min(seq) from changes) as first, (select at from changes order by seq limit 1) as at`,
  );
  return {
    entities: numberOf(row?.entities),
    changes: numberOf(row?.changes),
    firstChange: numberOf(row?.first),
    firstChangeAt: row?.at ?? null,
  };
}
