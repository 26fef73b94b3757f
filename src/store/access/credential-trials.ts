import { randomUUID } from 'node:crypto';
import {
  type CredentialPause,
  type CredentialTrials,
  MOST_TRIALS,
  pauseAfter,
  type Refusal,
  TRIAL_LEASE_MS,
  TRIALS_PER_MS,
  type Trial,
} from '../../domain/access/credential-trials.ts';
import type { Database, Sql } from '../engine/database.ts';
import { numberOf } from '../engine/rows.ts';

interface RefusalRow {
  refusals: number | string;
  refused_at_ms: number | string;
  paused_until_ms: number | string;
  /** When a trial after the pause is expected to have ended. */
  tried_until_ms: number | string;
  message: string;
}

/** See `CredentialTrials`. */
export const createCredentialTrials = (db: Database): CredentialTrials => ({
  readPause: async (api, now) => pauseOf(await readRefusal(db.read, api), now),
  start: (api, now) => db.write((sql) => startTrial(sql, api, now.getTime())),
  recordRefusal: (api, refusal, now) => db.write((sql) => recordRefusal(sql, api, refusal, now.getTime())),
  withdraw: (api, id, now) =>
    db.write(async (sql) => {
      await sql.all('delete from credential_trials where id = ?', [id]);
      await sql.all('update refused_credentials set tried_until_ms = ? where api = ?', [now.getTime(), api]);
    }),
  recordAccepted: (api) =>
    db.write(async (sql) => {
      await sql.all('delete from refused_credentials where api = ?', [api]);
      await sql.all('delete from credential_trials where api = ?', [api]);
    }),
  liftPauses: async () => void (await db.write((sql) => sql.all('delete from refused_credentials'))),
});

/** Whether the API has refused our credentials and not accepted them since; false after a start or reload, when they may have been corrected. */
export const areCredentialsRefused = async (sql: Sql, api: string): Promise<boolean> => (await readRefusal(sql, api)) !== null;

async function lockTrials(sql: Sql, api: string): Promise<void> {
  if (sql.dialect.namedLock !== null) await sql.all(sql.dialect.namedLock, [`credentials ${api}`]);
}

async function readRefusal(sql: Sql, api: string): Promise<RefusalRow | null> {
  const [row] = await sql.all<RefusalRow>(
    'select refusals, refused_at_ms, paused_until_ms, tried_until_ms, message from refused_credentials where api = ?',
    [api],
  );
  return row ?? null;
}

/** A pause longer than the maximum was started by a clock that has been set back since. */
function pauseOf(row: RefusalRow | null, now: Date): CredentialPause | null {
  if (row === null) return null;
  const untilMs = numberOf(row.paused_until_ms);
  const leftMs = untilMs - now.getTime();
  return leftMs > 0 && leftMs <= pauseAfter(Number.POSITIVE_INFINITY) ? { untilMs, message: row.message } : null;
}

async function startTrial(sql: Sql, api: string, nowMs: number): Promise<Trial> {
  await lockTrials(sql, api);
  const row = await readRefusal(sql, api);
  const pause = pauseOf(row, new Date(nowMs));
  if (pause !== null) return { state: 'paused', ...pause };
  const triedMs = row === null ? 0 : numberOf(row.tried_until_ms) - nowMs;
  if (triedMs > 0 && triedMs <= TRIAL_LEASE_MS) return { state: 'wait', waitMs: triedMs };
  const recent = await sql.all<{ at_ms: number | string }>(
    'select at_ms from credential_trials where api = ? and at_ms > ? and at_ms <= ? order by at_ms desc limit ?',
    [api, nowMs - TRIALS_PER_MS, nowMs, MOST_TRIALS],
  );
  const oldest = recent[MOST_TRIALS - 1];
  if (oldest) return { state: 'wait', waitMs: Math.max(1, numberOf(oldest.at_ms) + TRIALS_PER_MS - nowMs) };
  await sql.all('delete from credential_trials where api = ? and at_ms <= ?', [api, nowMs - TRIALS_PER_MS]);
  if (row !== null) await sql.all('update refused_credentials set tried_until_ms = ? where api = ?', [nowMs + TRIAL_LEASE_MS, api]);
  return { state: 'permitted', id: await insertTrial(sql, api, nowMs) };
}

async function insertTrial(sql: Sql, api: string, atMs: number): Promise<string> {
  const id = randomUUID();
  await sql.all('insert into credential_trials (id, api, at_ms) values (?, ?, ?)', [id, api, atMs]);
  return id;
}

async function recordRefusal(sql: Sql, api: string, { message, sentAt, trial }: Refusal, nowMs: number): Promise<CredentialPause> {
  await lockTrials(sql, api);
  if (trial === null) await insertTrial(sql, api, sentAt.getTime());
  const row = await readRefusal(sql, api);
  const pause = pauseOf(row, new Date(nowMs));
  if (row !== null && pause !== null && numberOf(row.refused_at_ms) >= sentAt.getTime()) return pause;
  const refusals = numberOf(row?.refusals ?? 0) + 1;
  const untilMs = nowMs + pauseAfter(refusals);
  await sql.all(
    `insert into refused_credentials (api, refusals, refused_at_ms, paused_until_ms, tried_until_ms, message) values (?, ?, ?, ?, ?, ?)
     on conflict (api) do update set refusals = excluded.refusals, refused_at_ms = excluded.refused_at_ms,
       paused_until_ms = excluded.paused_until_ms, tried_until_ms = excluded.tried_until_ms, message = excluded.message`,
    [api, refusals, nowMs, untilMs, nowMs, message],
  );
  return { untilMs, message };
}
