import type { Sql } from '../engine/database.ts';
import { numberOf } from '../engine/rows.ts';
import { equals, inScope, where } from '../engine/where.ts';

/** The pending deliveries of a connection. */
export async function readBacklog(sql: Sql, connection: string): Promise<{ count: number; oldestAt: string | null }> {
  const [row] = await sql.all<{ count: number | string; oldest: string | null }>(
    `select count(*) as count, min(received_at) as oldest from deliveries where connection = ? and finished_at is null`,
    [connection],
  );
  return { count: numberOf(row?.count), oldestAt: row?.oldest ?? null };
}

export async function readLastDeliveryAt(sql: Sql, connection: string): Promise<string | null> {
  const [row] = await sql.all<{ at: string }>('select received_at as at from deliveries where connection = ? order by seq desc limit 1', [
    connection,
  ]);
  return row?.at ?? null;
}

/** When the newest of the successful deliveries ended. */
export async function readLastSuccessAt(sql: Sql, connection: string): Promise<string | null> {
  const [row] = await sql.all<{ at: string | null }>(
    `select finished_at as at from deliveries where connection = ? and state in ('done', 'ignored') order by seq desc limit 1`,
    [connection],
  );
  return row?.at ?? null;
}

export interface CredentialUse {
  credential: string;
  lastUsedAt: string;
  uses: number;
}

const LAST_DELIVERIES = 1000;

/** The credentials that the last 1000 deliveries used, by their position in the settings; most recently used first. */
export async function readCredentialsInUse(sql: Sql, connection: string): Promise<CredentialUse[]> {
  const rows = await sql.all<{ credential: string; last_used_at: string; uses: number | string }>(
    `select credential, max(received_at) as last_used_at, count(*) as uses
     from (select credential, received_at from deliveries where connection = ? order by seq desc limit ${LAST_DELIVERIES}) as latest
     where credential is not null group by credential order by 2 desc, 1`,
    [connection],
  );
  return rows.map((row) => ({ credential: row.credential, lastUsedAt: row.last_used_at, uses: numberOf(row.uses) }));
}

/** The times of a change at each step; null: it has not reached that step, or the platform did not report it. */
export interface Journey {
  platformAt: string | null;
  receivedAt: string | null;
  appliedAt: string;
  pulledAt: string | null;
  bookedAt: string | null;
}

const LAST_CHANGES = 1000;

/** The newest changes of a connection that deliveries caused since `from`, at most 1000, each with the time of each step up to the booking. */
export async function readJourneys(sql: Sql, connection: string, from: string): Promise<Journey[]> {
  return sql.all<Journey>(
    `select c.platform_at as "platformAt", c.received_at as "receivedAt", c.at as "appliedAt",
       (select r.at from consumer_reads r where r.position >= c.seq order by r.position limit 1) as "pulledAt",
       (select min(b.at) from receipts b where b.change_seq = c.seq and b.status = 'booked') as "bookedAt"
     from (select seq, platform_at, received_at, at from changes where connection = ? and received_at is not null order by seq desc limit ${LAST_CHANGES}) as c
     where c.at >= ?`,
    [connection, from],
  );
}

/** When the newest changes caused by deliveries were received and applied, since `from`; `connection` null: of all. */
export async function readRecentTimes(
  sql: Sql,
  connection: string | null,
  { from, limit }: { from: string; limit: number },
): Promise<{ receivedAt: string; appliedAt: string }[]> {
  const condition = where(equals('connection', connection), inScope(sql, 'connection'), ['received_at is not null']);
  return sql.all(
    `select "receivedAt", "appliedAt" from (select received_at as "receivedAt", at as "appliedAt" from changes where ${condition.text} order by seq desc limit ?) as latest
     where "appliedAt" >= ?`,
    [...condition.bindings, limit, from],
  );
}

/** When the last deliveries arrived, newest first. */
export async function readArrivals(sql: Sql, connection: string, limit: number): Promise<string[]> {
  const rows = await sql.all<{ at: string }>('select received_at as at from deliveries where connection = ? order by seq desc limit ?', [
    connection,
    limit,
  ]);
  return rows.map((row) => row.at);
}

/** The minutes of the last accepted request before `at` and of the first one after it. */
export async function readAround(sql: Sql, connection: string, at: string): Promise<{ before: string | null; after: string | null }> {
  const [row] = await sql.all<{ before: string | null; after: string | null }>(
    `select (select max(minute) from answers where connection = ? and minute <= ? and status < 300) as before,
       (select min(minute) from answers where connection = ? and minute > ? and status < 300) as after`,
    [connection, at, connection, at],
  );
  return row ?? { before: null, after: null };
}
