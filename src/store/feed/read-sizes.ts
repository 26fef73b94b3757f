import { feedCursor } from '../../domain/entities/feed-cursor.ts';
import type { Sql } from '../engine/database.ts';
import type { SqlValue } from '../engine/sql-value.ts';
import { lineBytes } from '../entities/list.ts';
import { type FeedFilter, type FeedRange, feedQuery, outstandingQuery } from './read-changes.ts';

/** An entry before it is read: its position, and the approximate size of its JSON. */
export interface ChangeSize {
  position: string;
  cursor: string;
  bytes: number;
}

/** What is sent with an entry: the state after the change, or the entity as it is now. */
export interface ChangeParts {
  state: boolean;
  entity: boolean;
}

/** Names of members, ids, times and cause. */
const ENTRY_BYTES = 600;
const HEADER_BYTES = 800;

const sizeColumns = ({ state, entity }: ChangeParts): string =>
  `changes.seq, changes.change_id, ${ENTRY_BYTES} + octet_length(changes.external_id) + octet_length(changes.lines)
   + coalesce(changes.diff_bytes, octet_length(changes.diff))
   ${state ? `+ ${HEADER_BYTES} + octet_length(changes.state)` : ''}
   ${entity ? `+ ${HEADER_BYTES} + (select ${lineBytes('entities')} from entities where entities.id = changes.entity_id)` : ''}
   as bytes`;

/** The sizes of the matching entries of a range, oldest first: neither engine reads their content for that. */
export async function readFeedSizes(sql: Sql, filter: FeedFilter, span: FeedRange, parts: ChangeParts): Promise<ChangeSize[]> {
  const { statement, bindings } = feedQuery(sql, sizeColumns(parts), filter, span);
  return selectSizes(sql, statement, bindings);
}

/** The sizes of the changes of one entity after `after`, oldest first. */
export async function readHistorySizes(sql: Sql, entityId: string, after: string, limit: number): Promise<ChangeSize[]> {
  const columns = sizeColumns({ state: false, entity: false });
  return selectSizes(sql, `select ${columns} from changes where entity_id = ? and seq > ? order by seq limit ?`, [entityId, after, limit]);
}

/** The sizes of the entries that a consumer has read and not booked, oldest first. */
export async function readOutstandingSizes(sql: Sql, consumer: string, filter: FeedFilter, span: FeedRange): Promise<ChangeSize[]> {
  const columns = sizeColumns({ state: false, entity: false });
  const { statement, bindings } = outstandingQuery(sql, columns, consumer, filter, span);
  return selectSizes(sql, statement, bindings);
}

/** All sizes are read as one text: a thousand rows take three times as long. */
async function selectSizes(sql: Sql, statement: string, bindings: readonly SqlValue[]): Promise<ChangeSize[]> {
  const size = `'[' || seq || ',"' || change_id || '",' || bytes || ']'`;
  const [row] = await sql.all<{ sizes: string | null }>(
    `select string_agg(${size}, ',' order by seq) as sizes from (${statement}) as found`,
    bindings,
  );
  const sizes: [seq: number, changeId: string, bytes: number][] = JSON.parse(`[${row?.sizes ?? ''}]`);
  return sizes.map(([seq, changeId, bytes]) => ({ position: String(seq), cursor: feedCursor(seq, changeId), bytes }));
}
