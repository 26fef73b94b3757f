import type { Sql } from '../database.ts';
import { numberOf } from '../rows.ts';

/** What contradicts an invariant: ids, at most as many as were asked for. */
export type Offenders = string[];

const MOST = 100;

/** Deliveries in work whose worker has not been heard of since `before`: somebody should have taken them back. */
export async function findAbandoned(sql: Sql, before: string): Promise<Offenders> {
  const rows = await sql.all<{ id: string }>(`select id from deliveries where state = 'working' and lease_until < ? limit ${MOST}`, [
    before,
  ]);
  return rows.map((row) => row.id);
}

/** Deliveries that have been due since before `before` with nothing of their resource before them, although work is being done: since `busySince`. */
export async function findOverdue(sql: Sql, before: string, busySince: string): Promise<Offenders> {
  const rows = await sql.all<{ id: string }>(
    `select d.id from deliveries d where d.state = 'pending' and d.next_attempt_at < ?
       and not exists (select 1 from deliveries e where e.connection = d.connection and e.subject = d.subject and e.state in ('pending', 'working') and e.seq < d.seq)
       and not exists (select 1 from deliveries w where w.connection = d.connection and w.state = 'working')
       and not exists (select 1 from deliveries f where f.connection = d.connection and f.seq > d.seq - 5000 and f.finished_at >= ?)
     order by d.seq limit ${MOST}`,
    [before, busySince],
  );
  return rows.map((row) => row.id);
}

/** A stretch of a table, by position: after `after`, up to `upTo`. */
export interface Stretch {
  after: number;
  upTo: number;
}

/**
 * Entities whose version is not that of their newest feed entry. Those that have not changed since `kept` may have lost their entries to
 * retention; `kept` null: nothing was let go of yet.
 */
export async function findUnreported(sql: Sql, stretch: Stretch, kept: string | null): Promise<Offenders> {
  const rows = await sql.all<{ id: string }>(
    `select e.id from entities e where e.seq > ? and e.seq <= ? and e.updated_at >= ?
       and e.version <> coalesce((select max(c.version) from changes c where c.entity_id = e.id), 0) order by e.seq limit ${MOST}`,
    [stretch.after, stretch.upTo, kept ?? ''],
  );
  return rows.map((row) => row.id);
}

/** Feed entries without their predecessor, although older ones of the entity are there, or none was ever let go of (`whole`). */
export async function findHoles(sql: Sql, stretch: Stretch, whole: boolean): Promise<Offenders> {
  const rows = await sql.all<{ seq: number | string }>(
    `select c.seq from changes c where c.seq > ? and c.seq <= ? and c.version > 1
       and not exists (select 1 from changes p where p.entity_id = c.entity_id and p.version = c.version - 1)
       ${whole ? '' : 'and exists (select 1 from changes o where o.entity_id = c.entity_id and o.version < c.version - 1)'}
     order by c.seq limit ${MOST}`,
    [stretch.after, stretch.upTo],
  );
  return rows.map((row) => String(row.seq));
}

/** How far the tables reach, and what the feed still begins with. */
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
