import type { EntityKind } from '../../domain/entities/entity.ts';
import { feedCursor } from '../../domain/entities/feed-cursor.ts';
import type { Sql } from '../engine/database.ts';
import { numberOf } from '../engine/rows.ts';
import { equals, inScope, where } from '../engine/where.ts';

/** A consumer's receipt for a change, and which change that is. */
export interface ReceiptRow {
  position: string;
  cursor: string;
  changeId: string;
  status: 'booked' | 'rejected';
  reference: string | null;
  reason: string | null;
  at: string;
  connection: string;
  kind: EntityKind;
  id: string;
  externalId: string;
  version: number;
}

interface Row extends Omit<ReceiptRow, 'position' | 'cursor'> {
  seq: number | string;
}

/** The receipts of a consumer after position `after`, in the order of the feed. */
export async function listReceipts(
  sql: Sql,
  consumer: string,
  page: { status: string | null; after: string; limit: number },
): Promise<ReceiptRow[]> {
  const { text, bindings } = where(
    ['r.consumer = ?', consumer],
    equals('r.status', page.status),
    ['r.change_seq > ?', page.after],
    inScope(sql, 'c.connection'),
  );
  const statement = `select c.seq, c.change_id as "changeId", r.status, r.reference, r.reason, r.at, c.connection, c.kind, c.entity_id as id,
      c.external_id as "externalId", c.version
    from receipts r join changes c on c.seq = r.change_seq where ${text} order by r.change_seq limit ?`;
  const rows = await sql.all<Row>(statement, [...bindings, page.limit]);
  return rows.map(({ seq, ...row }) => ({
    position: String(seq),
    cursor: feedCursor(seq, row.changeId),
    ...row,
    version: numberOf(row.version),
  }));
}
