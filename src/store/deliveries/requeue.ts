import type { Sql, SqlValue } from '../engine/database.ts';
import { numberOf, rowsParameter } from '../engine/rows.ts';
import { where } from '../engine/where.ts';
import { type DeliveryCriteria, matching } from './criteria.ts';

export { type DeliveryCriteria, isUnlimited } from './criteria.ts';

/** Deliveries after position `after`, up to `upTo`. */
export interface Span {
  after: number;
  upTo: number;
  limit: number;
}

const FINISHED = `state in ('done', 'ignored', 'dead', 'handled')`;

/** Only what has ended can begin again, and only while its body is still held. */
function replayable(filter: DeliveryCriteria): { text: string; bindings: SqlValue[] } {
  return where([`${FINISHED} and body is not null`], ...matching(filter));
}

export async function readLastPosition(sql: Sql): Promise<number> {
  const [row] = await sql.all<{ seq: number | string | null }>('select max(seq) as seq from deliveries');
  return numberOf(row?.seq);
}

export async function countReplayable(sql: Sql, filter: DeliveryCriteria): Promise<number> {
  const asked = replayable(filter);
  const [row] = await sql.all<{ count: number | string }>(`select count(*) as count from deliveries where ${asked.text}`, asked.bindings);
  return numberOf(row?.count);
}

/** Puts finished deliveries back to the beginning of their life; gives their positions. Their attempts so far are kept. */
export async function requeue(
  sql: Sql,
  filter: DeliveryCriteria,
  span: Span,
  replay: { fetch: 'fresh' | 'recorded'; now: string },
): Promise<number[]> {
  const asked = replayable(filter);
  const rows = await sql.all<{ seq: number | string }>(
    `update deliveries set state = 'pending', replay = ?, tries = 0, finished_at = null, error = null, next_attempt_at = ?, worker = null, lease_until = null
     where ${FINISHED} and seq in (
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
export async function readReplayable(sql: Sql, filter: DeliveryCriteria, span: Span): Promise<Replayable[]> {
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

/** Makes waiting deliveries due now; gives their positions. */
export async function makeDue(sql: Sql, criteria: DeliveryCriteria, span: Span, now: string): Promise<number[]> {
  const asked = where([`state = 'pending'`], ...matching(criteria));
  const rows = await sql.all<{ seq: number | string }>(
    `update deliveries set next_attempt_at = ? where state = 'pending' and seq in (
       select seq from deliveries where seq > ? and seq <= ? and ${asked.text} order by seq limit ?)
     returning seq`,
    [now, span.after, span.upTo, ...asked.bindings, span.limit],
  );
  return rows.map((row) => numberOf(row.seq));
}

/** Who sets deliveries aside, when and why. */
export interface Dismissal {
  by: string;
  note: string | null;
  at: string;
}

/** Sets dead deliveries aside as handled; gives their positions. */
export async function dismiss(sql: Sql, criteria: DeliveryCriteria, span: Span, dismissal: Dismissal): Promise<number[]> {
  const asked = where([`state = 'dead'`], ...matching(criteria));
  const rows = await sql.all<{ seq: number | string; id: string }>(
    `update deliveries set state = 'handled' where state = 'dead' and seq in (
       select seq from deliveries where seq > ? and seq <= ? and ${asked.text} order by seq limit ?)
     returning seq, id`,
    [span.after, span.upTo, ...asked.bindings, span.limit],
  );
  const { by, note, at } = dismissal;
  await sql.all(
    `insert into dismissals (delivery_id, dismissed_by, note, dismissed_at) select rows.id, ?, ?, ? from ${sql.dialect.rowsOf({ id: 'text' })} where true
     on conflict (delivery_id) do update set dismissed_by = excluded.dismissed_by, note = excluded.note, dismissed_at = excluded.dismissed_at`,
    [by, note, at, rowsParameter(rows.map(({ id }) => ({ id })))],
  );
  return rows.map((row) => numberOf(row.seq));
}
