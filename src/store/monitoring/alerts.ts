import type { Alert } from '../../domain/alert.ts';
import type { Sql } from '../engine/database.ts';
import { numberOf, toScalars } from '../engine/rows.ts';

/** An alerted state, while it lasts or after it has ended. */
export interface AlertRow extends Alert {
  key: string;
  openedAt: string;
  /** Null: the message has not been sent. */
  lastSentAt: string | null;
  closedAt: string | null;
  /** How often it was opened. */
  count: number;
  acknowledgedAt: string | null;
  acknowledgedBy: string | null;
  /** No message is sent before this time. */
  mutedUntil: string | null;
}

/** A row of the alerts table. */
export interface StoredAlert {
  key: string;
  code: string;
  level: Alert['level'];
  connection: string | null;
  text: string;
  details: string;
  opened_at: string;
  last_sent_at: string | null;
  closed_at: string | null;
  count: number | string;
  acknowledged_at: string | null;
  acknowledged_by: string | null;
  muted_until: string | null;
}

export const alertFromRow = (row: StoredAlert): AlertRow => ({
  key: row.key,
  code: row.code,
  level: row.level,
  connection: row.connection,
  text: row.text,
  details: toScalars(row.details),
  openedAt: row.opened_at,
  lastSentAt: row.last_sent_at,
  closedAt: row.closed_at,
  count: numberOf(row.count),
  acknowledgedAt: row.acknowledged_at,
  acknowledgedBy: row.acknowledged_by,
  mutedUntil: row.muted_until,
});

export const alertKey = (code: string, connection: string | null, subject?: string): string =>
  `${code} ${connection ?? ''}${subject === undefined ? '' : ` ${subject}`}`;

/** Reads an alert in order to change it: no other process does until the transaction ends. */
export async function lockAlert(sql: Sql, key: string): Promise<AlertRow | null> {
  if (sql.dialect.namedLock !== null) await sql.all(sql.dialect.namedLock, [`alert ${key}`]);
  const [row] = await sql.all<StoredAlert>('select * from alerts where key = ?', [key]);
  return row ? alertFromRow(row) : null;
}

const COLUMNS = `key, code, level, connection, text, details, opened_at, last_sent_at, closed_at, count, acknowledged_at, acknowledged_by, muted_until`;

export async function upsertAlert(sql: Sql, alert: AlertRow): Promise<void> {
  await sql.all(
    `insert into alerts (${COLUMNS}) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     on conflict (key) do update set level = excluded.level, text = excluded.text, details = excluded.details, opened_at = excluded.opened_at,
       last_sent_at = excluded.last_sent_at, closed_at = excluded.closed_at, count = excluded.count, acknowledged_at = excluded.acknowledged_at,
       acknowledged_by = excluded.acknowledged_by, muted_until = excluded.muted_until, closing = null`,
    [
      ...[alert.key, alert.code, alert.level, alert.connection, alert.text, JSON.stringify(alert.details)],
      ...[alert.openedAt, alert.lastSentAt, alert.closedAt, alert.count, alert.acknowledgedAt, alert.acknowledgedBy, alert.mutedUntil],
    ],
  );
}

/** Replaces the description of an open alert. */
export async function describeAlert(sql: Sql, key: string, { text, details }: Pick<Alert, 'text' | 'details'>): Promise<void> {
  await sql.all('update alerts set text = ?, details = ? where key = ? and closed_at is null', [text, JSON.stringify(details), key]);
}

/** Resolves an alert and moves it to the resolved ones; null if none was open. */
export async function closeAlert(sql: Sql, key: string, at: string): Promise<AlertRow | null> {
  const [row] = await sql.all<StoredAlert>('update alerts set closed_at = ? where key = ? and closed_at is null returning *', [at, key]);
  if (!row) return null;
  await sql.all(`insert into resolved_alerts (${COLUMNS}) select ${COLUMNS} from alerts where key = ?`, [key]);
  return alertFromRow(row);
}

/** Records who has acknowledged an open alert; false if it is not open any more. */
export async function acknowledgeAlert(sql: Sql, key: string, { by, at }: { by: string; at: string }): Promise<boolean> {
  const statement = 'update alerts set acknowledged_at = ?, acknowledged_by = ? where key = ? and closed_at is null returning key';
  return (await sql.all(statement, [at, by, key])).length === 1;
}

/** Suppresses an alert's messages until a time; null: no longer. False if it is not open any more. */
export async function muteAlert(sql: Sql, key: string, until: string | null): Promise<boolean> {
  return (await sql.all('update alerts set muted_until = ? where key = ? and closed_at is null returning key', [until, key])).length === 1;
}

export async function isAlertOpen(sql: Sql, key: string): Promise<boolean> {
  return (await sql.all('select 1 as open from alerts where key = ? and closed_at is null', [key])).length === 1;
}

/** Alerts whose state lasts, newest first. `code` null: all. */
export async function readOpenAlerts(sql: Sql, code: string | null = null): Promise<AlertRow[]> {
  const condition = code === null ? '' : 'and code = ?';
  const rows = await sql.all<StoredAlert>(
    `select * from alerts where closed_at is null ${condition} order by opened_at desc`,
    code === null ? [] : [code],
  );
  return rows.map(alertFromRow);
}

/** Until when the receiver of alerts is not to be called; null: it may be called. */
export async function readSendPause(sql: Sql, now: string): Promise<string | null> {
  const [row] = await sql.all<{ until: string | null }>('select max(send_after) as until from alerts where send_after > ?', [now]);
  return row?.until ?? null;
}

/** The message could not be sent: it is due again after `sendAfter`. */
export async function markAlertUnsent(sql: Sql, key: string, sendAfter: string): Promise<void> {
  await sql.all('update alerts set last_sent_at = null, send_after = ? where key = ?', [sendAfter, key]);
}

/** Stores the text of a closing message that could not be sent (null: it was); it is due again after `sendAfter`. */
export async function keepClosing(sql: Sql, key: string, closing: string | null, sendAfter: string | null): Promise<void> {
  await sql.all('update alerts set closing = ?, send_after = ? where key = ? and closed_at is not null', [closing, sendAfter, key]);
}

/** The alerts whose closing message has not been sent, with its text. */
export async function readUnsentClosings(sql: Sql): Promise<{ alert: AlertRow; text: string }[]> {
  const rows = await sql.all<StoredAlert & { closing: string }>(
    'select * from alerts where closed_at is not null and closing is not null order by closed_at',
  );
  return rows.map((row) => ({ alert: alertFromRow(row), text: row.closing }));
}
