import type { Sql, SqlValue } from '../engine/database.ts';
import { numberOf } from '../engine/rows.ts';
import { equals, isOneOf, where } from '../engine/where.ts';

/** Which finished deliveries are meant; null: any. Times are ISO 8601 UTC, `from` included, `to` not. */
export interface ReplayFilter {
  ids: readonly string[] | null;
  state: string | null;
  connection: string | null;
  subject: string | null;
  from: string | null;
  to: string | null;
}

/** Deliveries after position `after`, up to `upTo`. */
export interface Span {
  after: number;
  upTo: number;
  limit: number;
}

/** Only what has ended can begin again, and only while its body is still held. */
function replayable(filter: ReplayFilter): { text: string; bindings: SqlValue[] } {
  return where(
    [`state in ('done', 'ignored', 'dead') and body is not null`],
    isOneOf('id', filter.ids),
    equals('state', filter.state),
    equals('connection', filter.connection),
    equals('subject', filter.subject),
    filter.from === null ? null : ['received_at >= ?', filter.from],
    filter.to === null ? null : ['received_at < ?', filter.to],
  );
}

export async function readLastPosition(sql: Sql): Promise<number> {
  const [row] = await sql.all<{ seq: number | string | null }>('select max(seq) as seq from deliveries');
  return numberOf(row?.seq);
}

export async function countReplayable(sql: Sql, filter: ReplayFilter): Promise<number> {
  const asked = replayable(filter);
  const [row] = await sql.all<{ count: number | string }>(`select count(*) as count from deliveries where ${asked.text}`, asked.bindings);
  return numberOf(row?.count);
}

/** Puts finished deliveries back to the beginning of their life; gives their positions. Their attempts so far are kept. */
export async function requeue(
  sql: Sql,
  filter: ReplayFilter,
  span: Span,
  replay: { fetch: 'fresh' | 'recorded'; now: string },
): Promise<number[]> {
  const asked = replayable(filter);
  const rows = await sql.all<{ seq: number | string }>(
    `update deliveries set state = 'pending', replay = ?, tries = 0, finished_at = null, error = null, next_attempt_at = ?, worker = null, lease_until = null
     where state in ('done', 'ignored', 'dead') and seq in (
       select seq from deliveries where seq > ? and seq <= ? and ${asked.text} order by seq limit ?)
     returning seq`,
    [replay.fetch, replay.now, span.after, span.upTo, ...asked.bindings, span.limit],
  );
  return rows.map((row) => numberOf(row.seq));
}

/** A finished delivery with all that interpreting it needs. */
export interface Replayable {
  id: string;
  seq: number;
  connection: string;
  platform: string;
  method: 'POST' | 'GET';
  path: string;
  headers: Record<string, string>;
  body: Buffer;
  contentType: string | null;
  receivedAt: string;
  eventId: string | null;
  eventType: string | null;
  subject: string | null;
  recorded: string | null;
}

interface Row {
  id: string;
  seq: number | string;
  connection: string;
  platform: string;
  method: 'POST' | 'GET';
  path: string;
  headers: string;
  body: Buffer;
  content_type: string | null;
  received_at: string;
  event_id: string | null;
  event_type: string | null;
  subject: string | null;
  recorded: string | null;
}

const COLUMNS =
  'id, seq, connection, platform, method, path, headers, body, content_type, received_at, event_id, event_type, subject, recorded';

/** Oldest first. */
export async function readReplayable(sql: Sql, filter: ReplayFilter, span: Span): Promise<Replayable[]> {
  const asked = replayable(filter);
  const statement = `select ${COLUMNS} from deliveries where seq > ? and seq <= ? and ${asked.text} order by seq limit ?`;
  return (await sql.all<Row>(statement, [span.after, span.upTo, ...asked.bindings, span.limit])).map((row) => ({
    id: row.id,
    seq: numberOf(row.seq),
    connection: row.connection,
    platform: row.platform,
    method: row.method,
    path: row.path,
    headers: JSON.parse(row.headers) as Record<string, string>,
    body: row.body,
    contentType: row.content_type,
    receivedAt: row.received_at,
    eventId: row.event_id,
    eventType: row.event_type,
    subject: row.subject,
    recorded: row.recorded,
  }));
}

/** Whether a delivery's body has been emptied by retention. */
export async function isEmptied(sql: Sql, id: string): Promise<boolean> {
  return (await sql.all('select 1 as emptied from deliveries where id = ? and body is null', [id])).length === 1;
}
