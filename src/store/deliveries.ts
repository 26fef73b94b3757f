import { createHash } from 'node:crypto';
import type { Arrival, Attempt, Delivery, DeliveryState, Kept } from '../domain/delivery.ts';
import type { Sql, SqlValue } from './database.ts';
import { booleanOf, columnList, numberOf, rowsParameter, storableText } from './rows.ts';

/** A delivery with a body larger than this is worked alone: memory stays bounded. */
export const LARGE_BODY_BYTES = 262_144;

const NEW_DELIVERY = {
  id: 'text',
  connection: 'text',
  platform: 'text',
  dedupe_key: 'text',
  state: 'text',
  method: 'text',
  path: 'text',
  event_type: 'text',
  event_id: 'text',
  subject: 'text',
  notification: 'boolean',
  mergeable: 'boolean',
  received_at: 'text',
  credential: 'text',
  headers: 'text',
  content_type: 'text',
  body_sha256: 'text',
  error: 'text',
  conflict: 'boolean',
} as const;
type NewRow = { [column in keyof typeof NEW_DELIVERY]: string | boolean | null } & { body: Buffer };

interface KnownRow {
  id: string;
  connection: string;
  dedupe_key: string;
  body_sha256: string;
}

/**
 * Stores what is new and counts what is known, all in the caller's transaction; the answers stand in the order of the arrivals.
 * The unique key decides, so two processes never both say `accepted`. A known key with another body is stored too, as a delivery of
 * its own with `conflict` set on both: never dropped in silence.
 */
export async function keepDeliveries(sql: Sql, arrivals: readonly (Arrival & { id: string })[]): Promise<Kept[]> {
  const rows = arrivals.map((arrival) => newRow(arrival));
  const inserted = await insertNew(sql, rows);
  const rest = rows.filter((row) => !inserted.has(String(row.id)));
  const known = rest.length > 0 ? await countRepeats(sql, rest, arrivals) : new Map<string, Kept>();
  return arrivals.map((arrival) => known.get(arrival.id) ?? { status: 'accepted', deliveryId: arrival.id });
}

async function countRepeats(
  sql: Sql,
  rows: readonly NewRow[],
  arrivals: readonly (Arrival & { id: string })[],
): Promise<Map<string, Kept>> {
  const mergeable = new Set(arrivals.filter((arrival) => arrival.mergeable).map((arrival) => arrival.id));
  const kept = new Map<string, Kept>();
  const first = await findKnown(sql, rows);
  const repeats = new Map<string, number>();
  const conflicts: NewRow[] = [];
  for (const row of rows) {
    const known = first.get(`${row.connection} ${row.dedupe_key}`);
    if (known && (mergeable.has(String(row.id)) || known.body_sha256 === row.body_sha256)) {
      repeats.set(known.id, (repeats.get(known.id) ?? 0) + 1);
      kept.set(String(row.id), { status: 'duplicate', deliveryId: known.id });
    } else {
      conflicts.push({ ...row, dedupe_key: `${row.dedupe_key}#${row.body_sha256}`, conflict: true });
      if (known) await sql.all('update deliveries set conflict = ? where id = ?', [true, known.id]);
    }
  }
  if (conflicts.length > 0) await keepConflicts(sql, conflicts, repeats, kept);
  for (const [id, count] of repeats) await sql.all('update deliveries set duplicates = duplicates + ? where id = ?', [count, id]);
  return kept;
}

/** The other body of a known id may itself be a repeat: its key is the known one with the body's digest. */
async function keepConflicts(sql: Sql, rows: readonly NewRow[], repeats: Map<string, number>, kept: Map<string, Kept>): Promise<void> {
  const inserted = await insertNew(sql, rows);
  const rest = rows.filter((row) => !inserted.has(String(row.id)));
  const known = rest.length > 0 ? await findKnown(sql, rest) : new Map<string, KnownRow>();
  for (const row of rest) {
    const same = known.get(`${row.connection} ${row.dedupe_key}`);
    if (!same) continue;
    repeats.set(same.id, (repeats.get(same.id) ?? 0) + 1);
    kept.set(String(row.id), { status: 'duplicate', deliveryId: same.id });
  }
}

/**
 * One statement for all: the rows as one JSON parameter, their bodies as one binary parameter beside it, so that no body is escaped and
 * parsed again. Gives the ids that were new.
 */
async function insertNew(sql: Sql, rows: readonly NewRow[]): Promise<Set<string>> {
  let at = 1;
  const placed = rows.map(({ body, ...row }) => {
    const start = at;
    at += body.length;
    return { ...row, at: start, bytes: body.length };
  });
  const inserted = await sql.all<{ id: string }>(
    `insert into deliveries (${columnList(NEW_DELIVERY)}, next_attempt_at, finished_at, body)
     select ${columnList(NEW_DELIVERY, 'rows.')}, rows.received_at, case when rows.state = 'dead' then rows.received_at end, ${sql.dialect.slice}
     from ${sql.dialect.rowsOf({ ...NEW_DELIVERY, at: 'integer', bytes: 'integer' })} where true
     on conflict (connection, dedupe_key) do nothing returning id`,
    [Buffer.concat(rows.map((row) => row.body)), rowsParameter(placed)],
  );
  return new Set(inserted.map((row) => row.id));
}

async function findKnown(sql: Sql, rows: readonly NewRow[]): Promise<Map<string, KnownRow>> {
  const columns = { connection: 'text', dedupe_key: 'text' } as const;
  const found = await sql.all<KnownRow>(
    `select d.id, d.connection, d.dedupe_key, d.body_sha256 from ${sql.dialect.rowsOf(columns)}
     cross join deliveries d where d.connection = rows.connection and d.dedupe_key = rows.dedupe_key`,
    [rowsParameter(rows.map(({ connection, dedupe_key }) => ({ connection, dedupe_key })))],
  );
  return new Map(found.map((row) => [`${row.connection} ${row.dedupe_key}`, row]));
}

function newRow(arrival: Arrival & { id: string }): NewRow {
  return {
    id: arrival.id,
    connection: arrival.connection,
    platform: arrival.platform,
    dedupe_key: storableText(arrival.dedupeKey),
    state: arrival.state,
    method: arrival.method,
    path: arrival.path,
    event_type: arrival.eventType,
    event_id: arrival.eventId,
    subject: arrival.subject,
    notification: arrival.notification,
    mergeable: arrival.mergeable,
    received_at: arrival.receivedAt,
    credential: arrival.credential,
    headers: JSON.stringify(arrival.headers),
    content_type: arrival.contentType,
    body: arrival.body,
    body_sha256: createHash('sha256').update(arrival.body).digest('hex'),
    error: arrival.error,
    conflict: false,
  };
}

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
export interface Claimed extends Delivery {
  bodyLoaded: boolean;
}

function toClaimed(row: DeliveryRow): Claimed {
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
export async function claimDeliveries(sql: Sql, claim: Claim): Promise<Claimed[]> {
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
export async function claimCompanions(sql: Sql, claim: Claim, subjects: readonly string[]): Promise<Claimed[]> {
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

export interface Settled {
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
export async function settleDeliveries(sql: Sql, worker: string, settled: readonly Settled[]): Promise<Set<string>> {
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

/** Lengthens the leases of all that `worker` holds. */
export async function renewLeases(sql: Sql, worker: string, leaseUntil: string): Promise<void> {
  await sql.all(`update deliveries set lease_until = ? where state = 'working' and worker = ?`, [leaseUntil, worker]);
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

/** When the next waiting delivery is due, ISO 8601; null: none waits. */
export async function nextDueAt(sql: Sql, after: string): Promise<string | null> {
  const [row] = await sql.all<{ at: string | null }>(
    `select min(next_attempt_at) as at from deliveries where state = 'pending' and next_attempt_at > ?`,
    [after],
  );
  return row?.at ?? null;
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
