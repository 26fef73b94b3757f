import type { Attempt, DeliveryState } from '../../domain/delivery.ts';
import type { Sql } from '../engine/database.ts';
import { booleanOf, numberOf } from '../engine/rows.ts';
import { equals, where } from '../engine/where.ts';
import { type DeliveryCriteria, matching } from './criteria.ts';

/** A delivery as operators see it. */
export interface DeliveryRow {
  seq: number;
  id: string;
  connection: string;
  platform: string;
  state: DeliveryState;
  eventType: string | null;
  eventId: string | null;
  subject: string | null;
  receivedAt: string;
  finishedAt: string | null;
  duplicates: number;
  conflict: boolean;
  attempts: Attempt[];
  error: string | null;
  /** Null unless it waits. */
  nextAttemptAt: string | null;
  /** Set in the state `handled`. */
  handled: DeliveryDismissal | null;
}

/** `body` is null once retention has emptied it. */
export interface DeliveryContent {
  method: string;
  path: string;
  contentType: string | null;
  headers: Record<string, string>;
  body: string | null;
  bodyEncoding: string;
}

/** `eventType` is the whole event type; `text` a part of the body, byte for byte. */
export interface DeliveryFilter extends DeliveryCriteria {
  eventType?: string | null | undefined;
  text?: string | null | undefined;
}

/** Who set a dead delivery aside, when and why. */
export interface DeliveryDismissal {
  by: string;
  note: string | null;
  at: string;
}

interface Row {
  seq: number | string;
  id: string;
  connection: string;
  platform: string;
  state: DeliveryState;
  event_type: string | null;
  event_id: string | null;
  subject: string | null;
  received_at: string;
  finished_at: string | null;
  duplicates: number;
  conflict: boolean | number;
  attempts: string;
  error: string | null;
  next_attempt_at: string;
  dismissed_by: string | null;
  note: string | null;
  dismissed_at: string | null;
}

interface ContentRow extends Row {
  method: string;
  path: string;
  content_type: string | null;
  headers: string;
  body: Buffer | null;
}

const COLUMNS = `seq, id, connection, platform, state, event_type, event_id, subject, received_at, finished_at, duplicates, conflict, attempts,
  error, next_attempt_at, dismissed_by, note, dismissed_at`;
const TABLES = 'deliveries left join dismissals on dismissals.delivery_id = deliveries.id';

const fromRow = (row: Row): DeliveryRow => ({
  seq: numberOf(row.seq),
  id: row.id,
  connection: row.connection,
  platform: row.platform,
  state: row.state,
  eventType: row.event_type,
  eventId: row.event_id,
  subject: row.subject,
  receivedAt: row.received_at,
  finishedAt: row.finished_at,
  duplicates: numberOf(row.duplicates),
  conflict: booleanOf(row.conflict),
  attempts: JSON.parse(row.attempts) as Attempt[],
  error: row.error,
  nextAttemptAt: row.state === 'pending' ? row.next_attempt_at : null,
  handled:
    row.state === 'handled' && row.dismissed_by !== null && row.dismissed_at !== null
      ? { by: row.dismissed_by, note: row.note, at: row.dismissed_at }
      : null,
});

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Text where the bytes are UTF-8, else base64: what is shown are the bytes as received. */
function bodyText(body: Buffer | null): { body: string | null; bodyEncoding: string } {
  if (body === null) return { body: null, bodyEncoding: 'utf8' };
  try {
    return { body: utf8.decode(body), bodyEncoding: 'utf8' };
  } catch {
    return { body: body.toString('base64'), bodyEncoding: 'base64' };
  }
}

/** Deliveries before position `before` (null: from the newest), newest first. */
export async function listDeliveries(
  sql: Sql,
  filter: DeliveryFilter,
  page: { before: number | null; limit: number },
): Promise<DeliveryRow[]> {
  const asked = where(
    ...matching(filter),
    equals('event_type', filter.eventType ?? null),
    filter.text == null ? null : [sql.dialect.bytesContain('body'), filter.text],
    page.before === null ? null : ['seq < ?', page.before],
  );
  const statement = `select ${COLUMNS} from ${TABLES} where ${asked.text} order by seq desc limit ?`;
  return (await sql.all<Row>(statement, [...asked.bindings, page.limit])).map(fromRow);
}

export async function readDelivery(sql: Sql, id: string): Promise<(DeliveryRow & DeliveryContent) | null> {
  const statement = `select ${COLUMNS}, method, path, content_type, headers, body from ${TABLES} where id = ?`;
  const [row] = await sql.all<ContentRow>(statement, [id]);
  if (!row) return null;
  return {
    ...fromRow(row),
    method: row.method,
    path: row.path,
    contentType: row.content_type,
    headers: JSON.parse(row.headers) as Record<string, string>,
    ...bodyText(row.body),
  };
}
