import type { FeedPosition } from '../../domain/entities/feed-cursor.ts';
import type { Sql } from '../engine/database.ts';

/** The settings of a consumer. `filter` is JSON; a null `notifySecret` keeps the stored one. */
export interface ConsumerSettings {
  name: string;
  filter: string;
  alertAfterSeconds: number;
  notifyUrl: string | null;
  notifySecret: string | null;
}

/** Creates a consumer at position `start`; false if one with this name exists already. */
export async function insertConsumer(sql: Sql, settings: ConsumerSettings, start: FeedPosition, createdAt: string): Promise<boolean> {
  const statement = `insert into consumers (name, position, cursor, start_position, filter, alert_after_seconds, notify_url, notify_secret, created_at)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing returning name`;
  const { name, filter, alertAfterSeconds, notifyUrl, notifySecret } = settings;
  const place = [start.position, start.cursor, start.position];
  return (await sql.all(statement, [name, ...place, filter, alertAfterSeconds, notifyUrl, notifySecret, createdAt])).length === 1;
}

/** Changes the settings of a consumer; its position stays. It is notified of new changes as if for the first time. */
export async function updateConsumer(sql: Sql, settings: ConsumerSettings): Promise<void> {
  const { name, filter, alertAfterSeconds, notifyUrl, notifySecret } = settings;
  const statement = `update consumers set filter = ?, alert_after_seconds = ?, notify_url = ?,
    notify_secret = case when cast(? as text) is null then null else coalesce(cast(? as text), notify_secret) end where name = ?`;
  await sql.all(statement, [filter, alertAfterSeconds, notifyUrl, notifyUrl, notifySecret, name]);
  await sql.all('delete from consumer_notices where consumer = ?', [name]);
}

/** A change of a consumer's position. */
export interface ConsumerMove {
  name: string;
  from: FeedPosition;
  to: FeedPosition;
  at: string;
}

/** Moves a consumer that is still at `from`; false if another process has moved it in the meantime. */
export async function moveConsumer(sql: Sql, { name, from, to, at }: ConsumerMove): Promise<boolean> {
  const statement = `update consumers set position = ?, cursor = ?, last_ack_at = ?,
    start_position = case when start_position > ? then ? else start_position end where name = ? and position = ? returning name`;
  return (await sql.all(statement, [to.position, to.cursor, at, to.position, to.position, name, from.position])).length === 1;
}

/** Moves a consumer past entries that its filter excludes, which is not an acknowledgement. Does nothing if it was moved in the meantime. */
export async function skipEntries(sql: Sql, { name, from, to }: Omit<ConsumerMove, 'at'>): Promise<void> {
  const statement = 'update consumers set position = ?, cursor = ? where name = ? and position = ?';
  await sql.all(statement, [to.position, to.cursor, name, from.position]);
}

/** Records that everything up to a position was acknowledged: the first time counts. */
export async function insertAck(sql: Sql, { name, from, to, at }: ConsumerMove): Promise<void> {
  const statement = 'insert into consumer_acks (consumer, position, after_position, at) values (?, ?, ?, ?) on conflict do nothing';
  await sql.all(statement, [name, to.position, from.position, at]);
}

/** Records how far a consumer has read. The furthest position counts: reading an earlier page again does not reduce it. */
export async function recordConsumerRead(sql: Sql, { name, from, to, at }: ConsumerMove): Promise<void> {
  const further = 'last_read_position is null or last_read_position < ?';
  const statement = `update consumers set last_read_at = ?, last_read_cursor = case when ${further} then ? else last_read_cursor end,
    last_read_position = case when ${further} then ? else last_read_position end where name = ?`;
  await sql.all(statement, [at, to.position, to.cursor, to.position, to.position, name]);
  if (from.position === to.position) return;
  const read = 'insert into consumer_reads (consumer, position, after_position, at) values (?, ?, ?, ?) on conflict do nothing';
  await sql.all(read, [name, to.position, from.position, at]);
}

/** False if there was none with this name. Its receipts are deleted with it. */
export async function deleteConsumer(sql: Sql, name: string): Promise<boolean> {
  for (const table of ['receipts', 'consumer_reads', 'consumer_acks', 'consumer_notices'])
    await sql.all(`delete from ${table} where consumer = ?`, [name]);
  return (await sql.all('delete from consumers where name = ? returning name', [name])).length === 1;
}
