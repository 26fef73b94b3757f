import type { Sql } from '../engine/database.ts';
import { numberOf } from '../engine/rows.ts';

/** A consumer with notifications, and how far it has been notified. */
export interface Notice {
  consumer: string;
  url: string;
  secret: string;
  notifiedPosition: string;
  notifiedAt: string | null;
  /** Null: never attempted. */
  nextAttemptAt: string | null;
  failingSince: string | null;
  failures: number;
}

interface Row {
  consumer: string;
  url: string;
  secret: string;
  notified_position: number | string | null;
  notified_at: string | null;
  next_attempt_at: string | null;
  failing_since: string | null;
  failures: number | string | null;
}

/** Every consumer with notifications. */
export async function readNotices(sql: Sql): Promise<Notice[]> {
  const rows = await sql.all<Row>(
    `select c.name as consumer, c.notify_url as url, c.notify_secret as secret, n.notified_position, n.notified_at, n.next_attempt_at,
       n.failing_since, n.failures
     from consumers c left join consumer_notices n on n.consumer = c.name where c.notify_url is not null order by c.name`,
  );
  return rows.map((row) => ({
    consumer: row.consumer,
    url: row.url,
    secret: row.secret,
    notifiedPosition: String(row.notified_position ?? 0),
    notifiedAt: row.notified_at,
    nextAttemptAt: row.next_attempt_at,
    failingSince: row.failing_since,
    failures: numberOf(row.failures),
  }));
}

/** Claims the next attempt for this process; false if another one has it. No other process sends before `until`. */
export async function claimNotice(sql: Sql, consumer: string, { now, until }: { now: string; until: string }): Promise<boolean> {
  const statement = `insert into consumer_notices (consumer, next_attempt_at) values (?, ?)
    on conflict (consumer) do update set next_attempt_at = excluded.next_attempt_at where consumer_notices.next_attempt_at <= ? returning consumer`;
  return (await sql.all(statement, [consumer, until, now])).length === 1;
}

export async function recordNotified(
  sql: Sql,
  consumer: string,
  sent: { position: string; at: string; nextAttemptAt: string },
): Promise<void> {
  const statement = `update consumer_notices set notified_position = ?, notified_at = ?, next_attempt_at = ?, failing_since = null, failures = 0
    where consumer = ?`;
  await sql.all(statement, [sent.position, sent.at, sent.nextAttemptAt, consumer]);
}

/** A notification was not accepted. `counted` false: the receiver only asked to wait, so it is not a failure of the receiver. */
export async function recordNotNotified(
  sql: Sql,
  consumer: string,
  failed: { at: string; nextAttemptAt: string; counted: boolean },
): Promise<void> {
  const statement = `update consumer_notices set failing_since = coalesce(failing_since, ?), failures = failures + ?, next_attempt_at = ?
    where consumer = ?`;
  await sql.all(statement, [failed.counted ? failed.at : null, failed.counted ? 1 : 0, failed.nextAttemptAt, consumer]);
}
