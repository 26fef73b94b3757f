import type { FeedPosition } from '../../domain/entities/feed-cursor.ts';
import type { Sql } from '../engine/database.ts';
import { numberOf } from '../engine/rows.ts';
import { consumerInScope, equals, where } from '../engine/where.ts';
import { type FeedFilter, toFeedFilter } from './read-changes.ts';

/** A named reader of the feed and its position, without the secret of its notifications. */
export interface ConsumerRow extends FeedPosition {
  name: string;
  filter: FeedFilter;
  /** The position at its registration: entries up to there were never meant for it. */
  startPosition: string;
  createdAt: string;
  lastReadAt: string | null;
  lastRead: FeedPosition | null;
  lastAckAt: string | null;
  alertAfterSeconds: number;
  notifyUrl: string | null;
}

interface Row {
  name: string;
  position: number | string;
  cursor: string;
  filter: string;
  start_position: number | string;
  created_at: string;
  last_read_at: string | null;
  last_read_position: number | string | null;
  last_read_cursor: string | null;
  last_ack_at: string | null;
  alert_after_seconds: number;
  notify_url: string | null;
}

const COLUMNS = `name, position, cursor, filter, start_position, created_at, last_read_at, last_read_position, last_read_cursor, last_ack_at,
  alert_after_seconds, notify_url`;

// A position that was stored before cursors had a check is its own cursor.
const placeOf = (position: number | string, cursor: string | null): FeedPosition => ({
  position: String(position),
  cursor: cursor || String(position),
});

const fromRow = (row: Row): ConsumerRow => ({
  name: row.name,
  ...placeOf(row.position, row.cursor),
  filter: toFeedFilter(row.filter),
  startPosition: String(row.start_position),
  createdAt: row.created_at,
  lastReadAt: row.last_read_at,
  lastRead: row.last_read_position === null ? null : placeOf(row.last_read_position, row.last_read_cursor),
  lastAckAt: row.last_ack_at,
  alertAfterSeconds: numberOf(row.alert_after_seconds),
  notifyUrl: row.notify_url,
});

/** Consumers after the name `after`, by name. */
export async function listConsumers(sql: Sql, page: { after: string | null; limit: number }): Promise<ConsumerRow[]> {
  const condition = where(page.after === null ? null : ['name > ?', page.after], consumerInScope(sql, 'name'));
  const rows = await sql.all<Row>(`select ${COLUMNS} from consumers where ${condition.text} order by name limit ?`, [
    ...condition.bindings,
    page.limit,
  ]);
  return rows.map(fromRow);
}

export async function readConsumer(sql: Sql, name: string): Promise<ConsumerRow | null> {
  const condition = where(equals('name', name), consumerInScope(sql, 'name'));
  const [row] = await sql.all<Row>(`select ${COLUMNS} from consumers where ${condition.text}`, condition.bindings);
  return row ? fromRow(row) : null;
}
