import type { StoredDelivery } from '../../domain/entities/delivery.ts';
import type { Sql } from '../engine/database.ts';
import { numberOf } from '../engine/rows.ts';
import { equals, inScope, where } from '../engine/where.ts';
import { type DeliveryCriteria, matching } from './criteria.ts';
import { deliveryColumns, type DeliveryRow as StoredRow, toDelivery, toHeaders } from './row.ts';

/** A delivery as operators see it. */
export interface DeliveryRow extends StoredDelivery {
  /** Set in the state `handled`. */
  handled: DeliveryDismissal | null;
}

/** `body` is null once retention has emptied it. */
export interface DeliveryContent {
  headers: Record<string, string>;
  body: string | null;
  bodyEncoding: string;
}

/** `eventType` is the whole event type; `text` a part of the body, byte for byte. */
export interface DeliveryFilter extends DeliveryCriteria {
  eventType?: string | null | undefined;
  text?: string | null | undefined;
  /** Those that a replay set going. */
  replayId?: string | null | undefined;
}

/** Who set a dead delivery aside, when and why. */
export interface DeliveryDismissal {
  by: string;
  note: string | null;
  at: string;
}

interface ListedRow extends StoredRow {
  dismissed_by: string | null;
  note: string | null;
  dismissed_at: string | null;
}

interface ContentRow extends ListedRow {
  headers: string | null;
  body: Buffer | null;
}

const COLUMNS = `${deliveryColumns()}, dismissed_by, note, dismissed_at`;
const TABLES = 'deliveries left join dismissals on dismissals.delivery_id = deliveries.id';

const fromRow = (row: ListedRow): DeliveryRow => ({
  ...toDelivery(row),
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

/** Bodies that one page looks through for a text: what is older is on the next. */
const MOST_BODIES = 20_000;

/** The position above which a page that begins below `before` (null: at the newest) looks for a text. */
export async function readTextFloor(sql: Sql, before: number | null): Promise<number> {
  const [newest] = before === null ? await sql.all<{ seq: number | string | null }>('select max(seq) as seq from deliveries') : [];
  return Math.max(0, (before ?? numberOf(newest?.seq) + 1) - MOST_BODIES);
}

/** Deliveries before position `before` (null: from the newest), newest first. With a `text`, only down to `readTextFloor`. */
export async function listDeliveries(
  sql: Sql,
  filter: DeliveryFilter,
  page: { before: number | null; limit: number },
): Promise<DeliveryRow[]> {
  const floor = filter.text == null ? null : await readTextFloor(sql, page.before);
  const asked = where(
    ...matching(filter),
    floor === null ? null : ['deliveries.seq >= ?', floor],
    inScope(sql, 'connection'),
    equals('event_type', filter.eventType ?? null),
    filter.text == null
      ? null
      : [`exists (select 1 from delivery_contents c where c.seq = deliveries.seq and ${sql.dialect.bytesContain('c.body')})`, filter.text],
    filter.replayId == null
      ? null
      : ['deliveries.seq in (select delivery_seq from replayed_deliveries where replay_id = ?)', filter.replayId],
    page.before === null ? null : ['deliveries.seq < ?', page.before],
  );
  const statement = `select ${COLUMNS} from ${TABLES} where ${asked.text} order by deliveries.seq desc limit ?`;
  return (await sql.all<ListedRow>(statement, [...asked.bindings, page.limit])).map(fromRow);
}

export async function readDelivery(sql: Sql, id: string): Promise<(DeliveryRow & DeliveryContent) | null> {
  const asked = where(['id = ?', id], inScope(sql, 'connection'));
  const statement = `select ${COLUMNS}, headers, body from ${TABLES} left join delivery_contents on delivery_contents.seq = deliveries.seq
    where ${asked.text}`;
  const [row] = await sql.all<ContentRow>(statement, asked.bindings);
  return row ? { ...fromRow(row), headers: toHeaders(row.headers), ...bodyText(row.body) } : null;
}
