import type { Delivery } from '../../domain/entities/delivery.ts';
import type { Sql } from '../engine/database.ts';
import { readLastSeq } from '../engine/ordered-rows.ts';
import { numberOf, rowsParameter } from '../engine/rows.ts';
import type { SqlValue } from '../engine/sql-value.ts';
import { where } from '../engine/where.ts';
import { toRecorded, unpackContents } from './contents.ts';
import { type DeliveryCriteria, matching } from './criteria.ts';
import { type DeliveryRow, deliveryColumns, toDelivery } from './row.ts';

export { type DeliveryCriteria, isUnlimited } from './criteria.ts';

/** Deliveries after position `after`, up to `upTo`. */
export interface Span {
  after: number;
  upTo: number;
  limit: number;
}

const FINISHED = `state in ('done', 'ignored', 'dead', 'handled')`;

const HAS_CONTENT = 'exists (select 1 from delivery_contents c where c.seq = deliveries.seq)';

/** Only finished deliveries can be requeued, and only while their body is still stored. */
function replayable(sql: Sql, filter: DeliveryCriteria): { text: string; bindings: SqlValue[] } {
  return where([`${FINISHED} and ${HAS_CONTENT}`], ...matching(sql, filter));
}

export const readLastPosition = (sql: Sql): Promise<number> => readLastSeq(sql, 'deliveries');

export async function countReplayable(sql: Sql, filter: DeliveryCriteria): Promise<number> {
  const condition = replayable(sql, filter);
  const [row] = await sql.all<{ count: number | string }>(
    `select count(*) as count from deliveries where ${condition.text}`,
    condition.bindings,
  );
  return numberOf(row?.count);
}

/** Requeues finished deliveries; returns their positions. Their earlier attempts are preserved. */
export async function requeue(
  sql: Sql,
  filter: DeliveryCriteria,
  span: Span,
  replay: { fetch: 'fresh' | 'recorded'; now: string },
): Promise<number[]> {
  const condition = replayable(sql, filter);
  const rows = await sql.all<{ seq: number | string }>(
    `update deliveries set state = 'pending', replay = ?, tries = 0, finished_at = null, error = null, next_attempt_at = ?, worker = null, lease_until = null
     where ${FINISHED} and seq in (
       select seq from deliveries where seq > ? and seq <= ? and ${condition.text} order by seq limit ?)
     returning seq`,
    [replay.fetch, replay.now, span.after, span.upTo, ...condition.bindings, span.limit],
  );
  return rows.map((row) => numberOf(row.seq));
}

/** A finished delivery with everything needed to interpret it. */
export interface Replayable extends Delivery {
  recorded: string | null;
}

/** Oldest first. */
export async function readReplayable(sql: Sql, filter: DeliveryCriteria, span: Span): Promise<Replayable[]> {
  const condition = where(['deliveries.seq > ? and deliveries.seq <= ?', span.after, span.upTo], [FINISHED], ...matching(sql, filter));
  const rows = await sql.all<DeliveryRow & { packed: Buffer; recorded: Buffer | null }>(
    `select ${deliveryColumns()}, c.packed, c.recorded from deliveries join delivery_contents c on c.seq = deliveries.seq
     where ${condition.text} order by deliveries.seq limit ?`,
    [...condition.bindings, span.limit],
  );
  return Promise.all(
    rows.map(async (row) => ({ ...toDelivery(row), ...(await unpackContents(row.packed)), recorded: await toRecorded(row.recorded) })),
  );
}

/** Whether a delivery's body has been deleted by retention. */
export async function isEmptied(sql: Sql, id: string): Promise<boolean> {
  return (await sql.all(`select 1 as emptied from deliveries where id = ? and not ${HAS_CONTENT}`, [id])).length === 1;
}

/** Makes pending deliveries due now; returns their positions. */
export async function makeDue(sql: Sql, criteria: DeliveryCriteria, span: Span, now: string): Promise<number[]> {
  const condition = where([`state = 'pending'`], ...matching(sql, criteria));
  const rows = await sql.all<{ seq: number | string }>(
    `update deliveries set next_attempt_at = ? where state = 'pending' and seq in (
       select seq from deliveries where seq > ? and seq <= ? and ${condition.text} order by seq limit ?)
     returning seq`,
    [now, span.after, span.upTo, ...condition.bindings, span.limit],
  );
  return rows.map((row) => numberOf(row.seq));
}

/** Who dismisses deliveries, when and why. */
export interface Dismissal {
  by: string;
  note: string | null;
  at: string;
}

/** Dismisses dead deliveries as handled; returns their positions. */
export async function dismiss(sql: Sql, criteria: DeliveryCriteria, span: Span, dismissal: Dismissal): Promise<number[]> {
  const condition = where([`state = 'dead'`], ...matching(sql, criteria));
  const rows = await sql.all<{ seq: number | string; id: string }>(
    `update deliveries set state = 'handled' where state = 'dead' and seq in (
       select seq from deliveries where seq > ? and seq <= ? and ${condition.text} order by seq limit ?)
     returning seq, id`,
    [span.after, span.upTo, ...condition.bindings, span.limit],
  );
  const { by, note, at } = dismissal;
  await sql.all(
    `insert into dismissals (delivery_id, dismissed_by, note, dismissed_at) select rows.id, ?, ?, ? from ${sql.dialect.rowsOf({ id: 'text' })} where true
     on conflict (delivery_id) do update set dismissed_by = excluded.dismissed_by, note = excluded.note, dismissed_at = excluded.dismissed_at`,
    [by, note, at, rowsParameter(rows.map(({ id }) => ({ id })))],
  );
  return rows.map((row) => numberOf(row.seq));
}
