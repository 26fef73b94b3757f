import type { Sql } from '../engine/database.ts';
import { equals, where } from '../engine/where.ts';
import type { FeedFilter } from './read-changes.ts';

/** A named reader of the feed and where it stands; positions are cursors. */
export interface ConsumerRow {
  name: string;
  position: string;
  filter: FeedFilter;
  createdAt: string;
  lastReadAt: string | null;
  lastReadPosition: string | null;
  lastAckAt: string | null;
}

interface Row {
  name: string;
  position: number | string;
  filter: string;
  created_at: string;
  last_read_at: string | null;
  last_read_position: number | string | null;
  last_ack_at: string | null;
}

const COLUMNS = 'name, position, filter, created_at, last_read_at, last_read_position, last_ack_at';

const fromRow = (row: Row): ConsumerRow => ({
  name: row.name,
  position: String(row.position),
  filter: JSON.parse(row.filter) as FeedFilter,
  createdAt: row.created_at,
  lastReadAt: row.last_read_at,
  lastReadPosition: row.last_read_position === null ? null : String(row.last_read_position),
  lastAckAt: row.last_ack_at,
});

/** Consumers after the name `after`, by name. */
export async function listConsumers(sql: Sql, page: { after: string | null; limit: number }): Promise<ConsumerRow[]> {
  const asked = where(page.after === null ? null : ['name > ?', page.after]);
  const rows = await sql.all<Row>(`select ${COLUMNS} from consumers where ${asked.text} order by name limit ?`, [
    ...asked.bindings,
    page.limit,
  ]);
  return rows.map(fromRow);
}

export async function readConsumer(sql: Sql, name: string): Promise<ConsumerRow | null> {
  const asked = where(equals('name', name));
  const [row] = await sql.all<Row>(`select ${COLUMNS} from consumers where ${asked.text}`, asked.bindings);
  return row ? fromRow(row) : null;
}
