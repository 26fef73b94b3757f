import type { Sql } from '../engine/database.ts';

/** Makes a consumer at the beginning of the feed, or gives the one of this name another filter; true when it is new. */
export async function upsertConsumer(sql: Sql, consumer: { name: string; filter: string; createdAt: string }): Promise<boolean> {
  const statement = 'insert into consumers (name, position, filter, created_at) values (?, 0, ?, ?) on conflict do nothing returning name';
  if ((await sql.all(statement, [consumer.name, consumer.filter, consumer.createdAt])).length === 1) return true;
  await sql.all('update consumers set filter = ? where name = ?', [consumer.filter, consumer.name]);
  return false;
}

/** Moves a consumer's position, backwards only with `force`; false when it was not moved. */
export async function moveConsumer(sql: Sql, move: { name: string; position: string; force: boolean; at: string }): Promise<boolean> {
  const statement = `update consumers set position = ?, last_ack_at = ? where name = ? ${move.force ? '' : 'and position <= ?'} returning name`;
  const bindings = [move.position, move.at, move.name, ...(move.force ? [] : [move.position])];
  return (await sql.all(statement, bindings)).length === 1;
}

/** Notes how far a consumer has read. The furthest position stands: reading an earlier page again takes nothing back. */
export async function recordConsumerRead(sql: Sql, read: { name: string; position: string; at: string }): Promise<void> {
  const statement = `update consumers set last_read_at = ?,
    last_read_position = case when last_read_position is null or last_read_position < ? then ? else last_read_position end where name = ?`;
  await sql.all(statement, [read.at, read.position, read.position, read.name]);
  await sql.all('insert into consumer_reads (consumer, position, at) values (?, ?, ?) on conflict do nothing', [
    read.name,
    read.position,
    read.at,
  ]);
}

/** False when there was none of this name. Its receipts go with it. */
export async function deleteConsumer(sql: Sql, name: string): Promise<boolean> {
  await sql.all('delete from receipts where consumer = ?', [name]);
  await sql.all('delete from consumer_reads where consumer = ?', [name]);
  return (await sql.all('delete from consumers where name = ? returning name', [name])).length === 1;
}

/** True for a position that the feed has handed out: its beginning, one of its entries, or one that a consumer has stood at. */
export async function isKnownPosition(sql: Sql, position: string): Promise<boolean> {
  const statement =
    'select 1 as known where cast(? as bigint) = 0 or exists (select 1 from changes where seq = ?) or exists (select 1 from consumers where position = ?)';
  return (await sql.all(statement, [position, position, position])).length === 1;
}
