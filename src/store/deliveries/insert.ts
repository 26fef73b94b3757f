import { hash } from 'node:crypto';
import type { Arrival, InsertResult } from '../../domain/entities/delivery.ts';
import { OrderdockError } from '../../domain/errors.ts';
import { sameDocument } from '../../domain/values/json.ts';
import type { Database, Sql } from '../engine/database.ts';
import { columnList, placed, rowsParameter, storableText } from '../engine/rows.ts';
import { packContents, unpackContents } from './contents.ts';

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
  content_type: 'text',
  body_sha256: 'text',
  error: 'text',
  conflict: 'boolean',
} as const;
type NewRow = { [column in keyof typeof NEW_DELIVERY]: string | boolean | null } & { body_sha256: string; body: Buffer; packed: Buffer };

interface KnownRow {
  id: string;
  connection: string;
  dedupe_key: string;
  body_sha256: string;
  method: string;
  subject: string | null;
}

/**
 * Stores new deliveries, and counts known ones in a transaction after that (when the first delivery is safe). The answers are in the order of the
 * arrivals. The unique key decides, so two processes never both say `accepted`. A known key with different content is stored too, as a separate
 * delivery with `conflict` set on both, and answered as a duplicate of the first: it is never dropped silently.
 */
export async function insertDeliveries(db: Database, arrivals: readonly (Arrival & { id: string })[]): Promise<InsertResult[]> {
  const rows = await Promise.all(arrivals.map((arrival) => newRow(arrival)));
  const inserted = await (db.dialect.insertsInQueries ? insertNew(db.alone, rows) : db.write((sql) => insertNew(sql, rows)));
  const rest = rows.filter((row) => !inserted.has(String(row.id)));
  const known = rest.length > 0 ? await db.write((sql) => countRepeats(sql, rest, arrivals)) : new Map<string, InsertResult>();
  return arrivals.map((arrival) => known.get(arrival.id) ?? { status: 'accepted', deliveryId: arrival.id });
}

async function countRepeats(
  sql: Sql,
  rows: readonly NewRow[],
  arrivals: readonly (Arrival & { id: string })[],
): Promise<Map<string, InsertResult>> {
  const mergeable = new Set(arrivals.filter((arrival) => arrival.mergeable).map((arrival) => arrival.id));
  const kept = new Map<string, InsertResult>();
  const first = await findKnown(sql, rows);
  const repeats = new Map<string, number>();
  const others: NewRow[] = [];
  for (const row of rows) {
    const known = first.get(`${row.connection} ${row.dedupe_key}`);
    // Stored by an attempt that failed afterwards.
    if (known?.id === row.id) continue;
    if (known && (mergeable.has(String(row.id)) || (await sameContent(sql, known, row)))) {
      repeats.set(known.id, (repeats.get(known.id) ?? 0) + 1);
      kept.set(String(row.id), { status: 'duplicate', deliveryId: known.id });
    } else if (known) {
      others.push({ ...row, dedupe_key: `${row.dedupe_key}#${contentDigest(row)}`, conflict: true });
      kept.set(String(row.id), { status: 'duplicate', deliveryId: known.id, conflict: true });
      await sql.all('update deliveries set conflict = ? where id = ?', [true, known.id]);
    } else {
      // A worker has claimed the notification since, and freed its key: this one is new.
      others.push(row);
    }
  }
  if (others.length > 0) await keepOthers(sql, others, repeats, kept);
  for (const [id, count] of repeats) await sql.all('update deliveries set duplicates = duplicates + ? where id = ?', [count, id]);
  return kept;
}

/** White space and the order of members do not make different content: a sender may serialize the same event again. */
async function sameContent(sql: Sql, known: KnownRow, row: NewRow): Promise<boolean> {
  // A GET notification has no body: its content is the resource that it names.
  if (row.method === 'GET' || known.method === 'GET') return row.method === known.method && row.subject === known.subject;
  if (isDigest(known.body_sha256, row.body_sha256)) return true;
  if (row.body.length > MOST_COMPARED_BYTES) return false;
  const [held] = await sql.all<{ packed: Buffer }>(
    `select c.packed from deliveries d join delivery_contents c on c.seq = d.seq where d.id = ? and c.body_bytes <= ${MOST_COMPARED_BYTES}`,
    [known.id],
  );
  return held !== undefined && sameDocument((await unpackContents(held.packed)).body, row.body);
}

// Until 2026-11 digests were stored in hexadecimal, and keys still contain it.
const hexOf = (digest: string): string => Buffer.from(digest, 'base64url').toString('hex');
const isDigest = (stored: string, digest: string): boolean => stored === digest || stored === hexOf(digest);

const contentDigest = ({ method, subject, body_sha256 }: NewRow): string =>
  method === 'GET' ? hash('sha256', String(subject)) : hexOf(body_sha256);

// Reading two large documents at intake would take more memory and time than the answer is worth.
const MOST_COMPARED_BYTES = 1_048_576;

/** The other body of a known id (its key is the known one with the body's digest) may itself be a repeat; so may a notification. */
async function keepOthers(sql: Sql, rows: readonly NewRow[], repeats: Map<string, number>, kept: Map<string, InsertResult>): Promise<void> {
  const inserted = await insertNew(sql, rows);
  const rest = rows.filter((row) => !inserted.has(String(row.id)));
  const known = rest.length > 0 ? await findKnown(sql, rest) : new Map<string, KnownRow>();
  for (const row of rest) {
    const same = known.get(`${row.connection} ${row.dedupe_key}`);
    if (!same) throw new OrderdockError('key_in_motion', 'The key was taken and freed again in the same moment.');
    repeats.set(same.id, (repeats.get(same.id) ?? 0) + 1);
    if (row.conflict !== true) kept.set(String(row.id), { status: 'duplicate', deliveryId: same.id });
  }
}

/**
 * The rows as one JSON parameter, with their packed contents as one binary parameter beside it, so that they need not be escaped and parsed again.
 * One statement for both tables if the engine supports it. Returns the ids that were new.
 */
async function insertNew(sql: Sql, rows: readonly NewRow[]): Promise<Set<string>> {
  const delivery = [rowsParameter(rows.map(({ body: _body, packed: _packed, ...row }) => row))];
  const { rows: places, bytes } = placed(rows.map(({ id, body, packed }) => ({ id, body_bytes: body.length, packed })));
  const contents = [bytes, rowsParameter(places)];
  const insertDelivery = `insert into deliveries (${columnList(NEW_DELIVERY)}, next_attempt_at, finished_at)
     select ${columnList(NEW_DELIVERY, 'rows.')}, rows.received_at, case when rows.state = 'dead' then rows.received_at end
     from ${sql.dialect.rowsOf(NEW_DELIVERY)} where true
     on conflict (connection, dedupe_key) do nothing returning id, seq`;
  const insertContents = (from: string) => `insert into delivery_contents (seq, body_bytes, packed)
     select new.seq, rows.body_bytes, ${sql.dialect.slice} from ${sql.dialect.rowsOf(CONTENT)} cross join ${from} where new.id = rows.id`;
  const inserted = sql.dialect.insertsInQueries
    ? await sql.all<{ id: string }>(`with new as (${insertDelivery}), kept as (${insertContents('new')}) select id from new`, [
        ...delivery,
        ...contents,
      ])
    : await sql.all<{ id: string }>(insertDelivery, delivery);
  if (!sql.dialect.insertsInQueries && inserted.length > 0) await sql.all(insertContents('deliveries as new'), contents);
  return new Set(inserted.map((row) => row.id));
}

const CONTENT = { id: 'text', body_bytes: 'integer', at: 'integer', bytes: 'integer' } as const;

async function findKnown(sql: Sql, rows: readonly NewRow[]): Promise<Map<string, KnownRow>> {
  const columns = { connection: 'text', dedupe_key: 'text' } as const;
  const found = await sql.all<KnownRow>(
    `select d.id, d.connection, d.dedupe_key, d.body_sha256, d.method, d.subject from ${sql.dialect.rowsOf(columns)}
     cross join deliveries d where d.connection = rows.connection and d.dedupe_key = rows.dedupe_key`,
    [rowsParameter(rows.map(({ connection, dedupe_key }) => ({ connection, dedupe_key })))],
  );
  return new Map(found.map((row) => [`${row.connection} ${row.dedupe_key}`, row]));
}

async function newRow(arrival: Arrival & { id: string }): Promise<NewRow> {
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
    content_type: arrival.contentType,
    body: arrival.body,
    packed: await packContents(JSON.stringify(arrival.headers), arrival.body),
    body_sha256: hash('sha256', arrival.body, 'base64url'),
    error: arrival.error,
    conflict: false,
  };
}
