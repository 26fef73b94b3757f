import type { StoredDelivery } from '../../domain/entities/delivery.ts';
import type { Sql } from '../engine/database.ts';
import { readLastSeq, readNewestFirst } from '../engine/ordered-rows.ts';
import { equals, inScope, isOneOf, where } from '../engine/where.ts';
import { unpackContents } from './contents.ts';
import { type DeliveryCriteria, matching } from './criteria.ts';
import { findWithText } from './find-text.ts';
import { deliveryColumns, type DeliveryRow as StoredRow, toDelivery } from './row.ts';

/** A delivery as operators see it. */
export interface DeliveryRow extends StoredDelivery {
  /** Set in the state `handled`. */
  handled: DeliveryDismissal | null;
}

/** `body` is null once retention has deleted it. */
export interface DeliveryContent {
  headers: Record<string, string>;
  body: string | null;
  bodyEncoding: string;
}

/** `eventType` is the whole event type; `text` a part of the body, byte for byte. */
export interface DeliveryFilter extends DeliveryCriteria {
  eventType?: string | null | undefined;
  text?: string | null | undefined;
  /** Those that a replay has requeued. */
  replayId?: string | null | undefined;
}

/** Who dismissed a dead delivery, when and why. */
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
  packed: Buffer | null;
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

/** Text if the bytes are UTF-8, else base64: what is shown are the bytes as received. */
function bodyText(body: Buffer | null): { body: string | null; bodyEncoding: string } {
  if (body === null) return { body: null, bodyEncoding: 'utf8' };
  try {
    return { body: utf8.decode(body), bodyEncoding: 'utf8' };
  } catch {
    return { body: body.toString('base64'), bodyEncoding: 'base64' };
  }
}

/** The number of bodies that one page searches for a text: older ones are on the next. */
const MOST_BODIES = 20_000;

/** The position above which a page that starts before `before` (null: at the newest) searches for a text. */
export async function readTextFloor(sql: Sql, before: number | null): Promise<number> {
  return Math.max(0, (before ?? (await readLastSeq(sql, 'deliveries')) + 1) - MOST_BODIES);
}

/** Deliveries before position `before` (null: from the newest), newest first. With a `text`, only down to `floor`; default: `readTextFloor`. */
export async function listDeliveries(
  sql: Sql,
  filter: DeliveryFilter,
  page: { before: number | null; floor?: number; limit: number },
): Promise<DeliveryRow[]> {
  const condition = where(
    ...matching(sql, filter),
    inScope(sql, 'connection'),
    equals('event_type', filter.eventType ?? null),
    filter.replayId == null
      ? null
      : ['deliveries.seq in (select delivery_seq from replayed_deliveries where replay_id = ?)', filter.replayId],
  );
  const { before, limit } = page;
  if (filter.text == null) {
    const isIndexed = condition.bindings.length === 0;
    return (await selectNewestFirst(sql, { condition, isIndexed, upTo: before === null ? null : before - 1, limit })).map(fromRow);
  }
  const found = await findWithText(sql, condition, filter.text, { ...page, floor: page.floor ?? (await readTextFloor(sql, before)) });
  const query = { condition: where(isOneOf('deliveries.seq', found)), isIndexed: true, upTo: null, limit };
  return (await selectNewestFirst(sql, query)).map(fromRow);
}

type Query = Pick<Parameters<typeof readNewestFirst>[1], 'condition' | 'isIndexed' | 'upTo' | 'limit'>;

async function selectNewestFirst(sql: Sql, query: Query): Promise<ListedRow[]> {
  return readNewestFirst<ListedRow>(sql, { columns: COLUMNS, table: 'deliveries', from: TABLES, ...query });
}

/** Deliveries by their ids, without their contents; those that do not exist are absent. */
export async function readDeliveries(sql: Sql, ids: readonly string[]): Promise<DeliveryRow[]> {
  if (ids.length === 0) return [];
  const condition = where(isOneOf('id', ids), inScope(sql, 'connection'));
  return (await sql.all<ListedRow>(`select ${COLUMNS} from ${TABLES} where ${condition.text}`, condition.bindings)).map(fromRow);
}

export async function readDelivery(sql: Sql, id: string): Promise<(DeliveryRow & DeliveryContent) | null> {
  const condition = where(['id = ?', id], inScope(sql, 'connection'));
  const statement = `select ${COLUMNS}, packed from ${TABLES} left join delivery_contents on delivery_contents.seq = deliveries.seq
    where ${condition.text}`;
  const [row] = await sql.all<ContentRow>(statement, condition.bindings);
  if (!row) return null;
  const { headers, body } = row.packed === null ? { headers: {}, body: null } : await unpackContents(row.packed);
  return { ...fromRow(row), headers, ...bodyText(body) };
}
