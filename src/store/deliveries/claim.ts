import type { Attempt, Delivery, DeliveryState } from '../../domain/delivery.ts';
import type { Sql, SqlValue } from '../engine/database.ts';
import { booleanOf, numberOf, rowsParameter } from '../engine/rows.ts';

/** A delivery with a body larger than this is worked alone: memory stays bounded. */
export const LARGE_BODY_BYTES = 262_144;

interface DeliveryRow {
  id: string;
  seq: number | string;
  connection: string;
  platform: string;
  state: DeliveryState;
  method: 'POST' | 'GET';
  path: string;
  headers: string;
  body: Buffer | null;
  body_bytes: number | string | null;
  content_type: string | null;
  received_at: string;
  finished_at: string | null;
  event_id: string | null;
  event_type: string | null;
  subject: string | null;
  notification: unknown;
  duplicates: number;
  conflict: unknown;
  attempts: string;
  tries: number;
  error: string | null;
  next_attempt_at: string | null;
  replay: 'fresh' | 'recorded' | null;
}

const CLAIMED = `id, seq, connection, platform, state, method, path, headers, content_type, received_at, finished_at, event_id, event_type,
  subject, notification, duplicates, conflict, attempts, tries, error, next_attempt_at, replay, length(body) as body_bytes,
  case when length(body) <= ${LARGE_BODY_BYTES} then body end as body`;

/** A claimed delivery; the body of a large one is read when its turn comes. */
export interface ClaimedDelivery extends Delivery {
  bodyLoaded: boolean;
  bodyBytes: number;
}

function toClaimed(row: DeliveryRow): ClaimedDelivery {
  return {
    id: row.id,
    seq: numberOf(row.seq),
    connection: row.connection,
    platform: row.platform,
    state: row.state,
    method: row.method,
    path: row.path,
    headers: JSON.parse(row.headers) as Record<string, string>,
    body: row.body ?? Buffer.alloc(0),
    bodyLoaded: row.body !== null || row.body_bytes === null,
    bodyBytes: numberOf(row.body_bytes),
    contentType: row.content_type,
    receivedAt: row.received_at,
    finishedAt: row.finished_at,
    eventId: row.event_id,
    eventType: row.event_type,
    subject: row.subject,
    notification: booleanOf(row.notification),
    duplicates: row.duplicates,
    conflict: booleanOf(row.conflict),
    attempts: JSON.parse(row.attempts) as Attempt[],
    tries: numberOf(row.tries),
    error: row.error,
    nextAttemptAt: row.next_attempt_at,
    replay: row.replay,
  };
}

export async function readBody(sql: Sql, id: string): Promise<Buffer> {
  const [row] = await sql.all<{ body: Buffer | null }>('select body from deliveries where id = ?', [id]);
  return row?.body ?? Buffer.alloc(0);
}

export interface Claim {
  worker: string;
  now: string;
  leaseUntil: string;
  limit: number;
  /** Only these connections; null: all. */
  connection: string | null;
  notifications: boolean;
}

// Taking a mergeable notification up frees its key: from here on a repeat is news again.
const TAKE = `update deliveries set state = 'working', worker = ?, lease_until = ?, started_at = coalesce(started_at, ?),
  dedupe_key = case when mergeable then dedupe_key || '#' || id else dedupe_key end, mergeable = ?`;

/**
 * Takes what is due, oldest first, the first of each resource only: a delivery waits while an earlier one of its resource is
 * unfinished. Compare-and-set on `state`, so that no two workers get the same one.
 */
export async function claimDeliveries(sql: Sql, claim: Claim): Promise<ClaimedDelivery[]> {
  const bindings: SqlValue[] = [claim.worker, claim.leaseUntil, claim.now, false, claim.now];
  if (claim.connection !== null) bindings.push(claim.connection);
  const rows = await sql.all<DeliveryRow>(
    `${TAKE} where state = 'pending' and id in (
       select d.id from deliveries d
       where d.state = 'pending' and ${claim.notifications ? 'd.notification' : 'not d.notification'} and d.next_attempt_at <= ? ${claim.connection === null ? '' : 'and d.connection = ?'}
         and not exists (
           select 1 from deliveries e
           where e.subject = d.subject and e.connection = d.connection and e.state in ('pending', 'working')
             and e.id <> d.id and (e.seq < d.seq or e.state = 'working'))
       order by d.seq limit ?)
     returning ${CLAIMED}`,
    [...bindings, claim.limit],
  );
  return rows.map(toClaimed).sort((a, b) => a.seq - b.seq);
}

/** Takes the other notifications that wait for the same resource: one fetch serves them all. */
export async function claimCompanions(sql: Sql, claim: Claim, subjects: readonly string[]): Promise<ClaimedDelivery[]> {
  const rows = await sql.all<DeliveryRow>(
    `${TAKE} where state = 'pending' and notification and replay is null and connection = ?
       and subject in (select rows.subject from ${sql.dialect.rowsOf({ subject: 'text' })})
     returning ${CLAIMED}`,
    [claim.worker, claim.leaseUntil, claim.now, false, claim.connection, rowsParameter(subjects.map((subject) => ({ subject })))],
  );
  return rows.map(toClaimed).sort((a, b) => a.seq - b.seq);
}

const SETTLED = {
  id: 'text',
  state: 'text',
  finished_at: 'text',
  next_attempt_at: 'text',
  error: 'text',
  attempts: 'text',
  tries: 'integer',
  notification: 'boolean',
  replay: 'text',
  recorded: 'text',
} as const;

export interface CompletedDelivery {
  id: string;
  state: DeliveryState;
  finishedAt: string | null;
  nextAttemptAt: string;
  error: string | null;
  attempts: readonly Attempt[];
  tries: number;
  notification: boolean;
  replay: 'fresh' | 'recorded' | null;
  /** What a fetch returned; null: nothing new to keep. */
  recorded: string | null;
}

/** Writes where the deliveries of `worker` go from here; gives the ids that were still its own. */
export async function completeDeliveries(sql: Sql, worker: string, settled: readonly CompletedDelivery[]): Promise<Set<string>> {
  const rows = settled.map((one) => ({
    id: one.id,
    state: one.state,
    finished_at: one.finishedAt,
    next_attempt_at: one.nextAttemptAt,
    error: one.error,
    attempts: JSON.stringify(one.attempts),
    tries: one.tries,
    notification: one.notification,
    replay: one.replay,
    recorded: one.recorded,
  }));
  const done = await sql.all<{ id: string }>(
    `update deliveries set state = rows.state, finished_at = rows.finished_at, next_attempt_at = rows.next_attempt_at, error = rows.error,
       attempts = rows.attempts, tries = rows.tries, notification = rows.notification, replay = rows.replay,
       recorded = coalesce(rows.recorded, deliveries.recorded), worker = null, lease_until = null
     from ${sql.dialect.rowsOf(SETTLED)}
     where deliveries.id = rows.id and deliveries.state = 'working' and deliveries.worker = ? returning deliveries.id`,
    [rowsParameter(rows), worker],
  );
  return new Set(done.map((row) => row.id));
}

export async function readRecorded(sql: Sql, id: string): Promise<string | null> {
  const [row] = await sql.all<{ recorded: string | null }>('select recorded from deliveries where id = ?', [id]);
  return row?.recorded ?? null;
}

/** Lengthens the leases of what `worker` has in hand. */
export async function renewLeases(sql: Sql, worker: string, leaseUntil: string, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await sql.all(
    `update deliveries set lease_until = ? where state = 'working' and worker = ?
       and id in (select rows.id from ${sql.dialect.rowsOf({ id: 'text' })})`,
    [leaseUntil, worker, rowsParameter(ids.map((id) => ({ id })))],
  );
}

/** Gives back what `worker` has taken and not renewed: its lease ends before `before`. Gives the number. */
export async function releaseDropped(sql: Sql, worker: string, before: string): Promise<number> {
  const given = await sql.all<{ id: string }>(
    `update deliveries set state = 'pending', worker = null, lease_until = null where state = 'working' and worker = ? and lease_until < ?
     returning id`,
    [worker, before],
  );
  return given.length;
}

/** Makes due what a clock that ran ahead has put off: received after `now`, or to be tried again only after `longest`. Gives the number. */
export async function bringForward(sql: Sql, now: string, longest: string): Promise<number> {
  const brought = await sql.all<{ id: string }>(
    `update deliveries set next_attempt_at = ? where state = 'pending' and next_attempt_at > ? and (received_at > ? or next_attempt_at > ?)
     returning id`,
    [now, now, now, longest],
  );
  return brought.length;
}

/** Gives back what workers held that are gone: their lease has run out, or `isGone` knows better. Gives the number. */
export async function reclaimDeliveries(sql: Sql, now: string, isGone: (worker: string) => boolean): Promise<number> {
  const workers = await sql.all<{ worker: string }>(
    `select distinct worker from deliveries where state = 'working' and worker is not null`,
  );
  const gone = workers.map((row) => row.worker).filter(isGone);
  const given = await sql.all<{ id: string }>(
    `update deliveries set state = 'pending', worker = null, lease_until = null where state = 'working'
       and (lease_until < ? or worker in (select rows.worker from ${sql.dialect.rowsOf({ worker: 'text' })})) returning id`,
    [now, rowsParameter(gone.map((worker) => ({ worker })))],
  );
  return given.length;
}

export async function countBacklog(sql: Sql): Promise<number> {
  const [row] = await sql.all<{ count: number | string }>(`select count(*) as count from deliveries where state = 'pending'`);
  return numberOf(row?.count);
}

/** Which connections have notifications that are due: a look that costs nothing while there are none. */
export async function connectionsToFetch(sql: Sql, now: string): Promise<Set<string>> {
  const rows = await sql.all<{ connection: string }>(
    `select distinct connection from deliveries where state = 'pending' and notification and next_attempt_at <= ?`,
    [now],
  );
  return new Set(rows.map((row) => row.connection));
}

/** Whether anything that carries its content is due. */
export async function isWorkDue(sql: Sql, now: string): Promise<boolean> {
  const rows = await sql.all(
    `select 1 as due from deliveries where state = 'pending' and not notification and next_attempt_at <= ? limit 1`,
    [now],
  );
  return rows.length > 0;
}

/** The event types of what waits about a resource behind position `seq`. */
export async function waitingEventTypes(sql: Sql, connection: string, subject: string, seq: number): Promise<string[]> {
  const rows = await sql.all<{ event_type: string }>(
    `select event_type from deliveries where subject = ? and connection = ? and seq > ? and state in ('pending', 'working') and event_type is not null`,
    [subject, connection, seq],
  );
  return rows.map((row) => row.event_type);
}
