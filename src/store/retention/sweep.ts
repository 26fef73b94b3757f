import type { Sql } from '../engine/database.ts';
import { numberOf } from '../engine/rows.ts';

/** One step of a sweep: rows from before `before`, after position `after`, at most `limit`. Returns the positions it passed. */
export interface SweepStep {
  before: string;
  after: number;
  limit: number;
}

const positions = (rows: readonly { seq: number | string }[]): number[] => rows.map((row) => numberOf(row.seq));

/** Finished deliveries that are older and still have their body. Dead ones keep it: they may still be replayed. */
export async function findFullDeliveries(sql: Sql, { before, after, limit }: SweepStep): Promise<number[]> {
  const statement = `select seq from deliveries where seq > ? and received_at < ? and finished_at < ? and state in ('done', 'ignored', 'handled')
      and exists (select 1 from delivery_contents c where c.seq = deliveries.seq)
    order by seq limit ?`;
  return positions(await sql.all(statement, [after, before, before, limit]));
}

export async function emptyDeliveries(sql: Sql, seqs: readonly number[]): Promise<void> {
  await sql.all(
    `delete from delivery_contents where seq in (
       select seq from deliveries where seq in (${marks(seqs)}) and state in ('done', 'ignored', 'handled'))`,
    seqs,
  );
}

/** Finished deliveries that are older: complete rows with their dedupe keys. */
export async function deleteDeliveries(sql: Sql, { before, after, limit }: SweepStep): Promise<number[]> {
  const statement = `delete from deliveries where state in ('done', 'ignored', 'dead', 'handled') and seq in (
      select seq from deliveries where seq > ? and received_at < ? and state in ('done', 'ignored', 'dead', 'handled') order by seq limit ?) returning seq, id`;
  const deleted = await sql.all<{ seq: number | string; id: string }>(statement, [after, before, limit]);
  const ids = deleted.map((row) => row.id);
  if (ids.length > 0) await sql.all(`delete from delivery_contents where seq in (${marks(ids)})`, positions(deleted));
  if (ids.length > 0) await sql.all(`delete from dismissals where delivery_id in (${marks(ids)})`, ids);
  return positions(deleted);
}

/** The position that every consumer has passed; null: there are no consumers, so nothing has to be retained for them. */
export async function readAcknowledgedByAll(sql: Sql): Promise<number | null> {
  const [row] = await sql.all<{ position: number | string | null }>('select min(position) as position from consumers');
  return row?.position == null ? null : numberOf(row.position);
}

/** What may be deleted from the feed. */
export interface FeedSweep {
  /** Older entries are deleted once every consumer has passed them (`passed`); null: there are no consumers. */
  before: string;
  passed: number | null;
  /** Older entries are deleted even if some consumer has not read them. */
  beforeAtLast: string;
  limit: number;
}

/**
 * Deletes the oldest entries, with their receipts, and records the last of them: the feed starts after it. Stops at the first entry that must stay,
 * so that the feed never has a gap.
 */
export async function deleteChanges(sql: Sql, { before, passed, beforeAtLast, limit }: FeedSweep): Promise<number[]> {
  const oldest = await sql.all<{ seq: number | string; change_id: string; at: string }>(
    'select seq, change_id, at from changes order by seq limit ?',
    [limit],
  );
  const mayGo = (row: (typeof oldest)[number]): boolean =>
    row.at < beforeAtLast || (row.at < before && (passed === null || numberOf(row.seq) <= passed));
  const stays = oldest.findIndex((row) => !mayGo(row));
  const gone = stays < 0 ? oldest : oldest.slice(0, stays);
  const last = gone.at(-1);
  if (!last) return [];
  await sql.all('delete from receipts where change_seq <= ?', [last.seq]);
  await sql.all('delete from changes where seq <= ?', [last.seq]);
  await sql.all('delete from feed_floor');
  await sql.all('insert into feed_floor (seq, change_id) values (?, ?)', [last.seq, last.change_id]);
  return positions(gone);
}

/** Consumers that prevent the deletion of changes older than `before`, and have read nothing since then. */
export async function findForgottenConsumers(sql: Sql, before: string): Promise<string[]> {
  const rows = await sql.all<{ name: string }>(
    `select name from consumers where coalesce(last_read_at, created_at) < ? and coalesce(last_ack_at, created_at) < ?
       and exists (select 1 from changes where changes.seq > consumers.position and changes.at < ?) order by name`,
    [before, before, before],
  );
  return rows.map((row) => row.name);
}

/** Tables that are only a record, with the column that determines the age of a row. */
const ACCOUNTS = {
  answers: { key: ['connection', 'minute', 'status'], at: 'minute' },
  refusals: { key: ['seq'], at: 'at' },
  consumer_reads: { key: ['consumer', 'position'], at: 'at' },
  consumer_acks: { key: ['consumer', 'position'], at: 'at' },
  alerts: { key: ['key'], at: 'closed_at' },
  resolved_alerts: { key: ['seq'], at: 'closed_at' },
  gaps: { key: ['seq'], at: 'at' },
  audit: { key: ['seq'], at: 'at' },
  replays: { key: ['id'], at: 'at' },
  replayed_deliveries: { key: ['replay_id', 'delivery_seq'], at: 'at' },
} as const;
export type SweptTable = keyof typeof ACCOUNTS;
export const ACCOUNT_TABLES = Object.keys(ACCOUNTS).filter((name): name is SweptTable => name in ACCOUNTS);

/** Deletes older rows of such a table and returns their number. */
export async function deleteAccount(sql: Sql, table: SweptTable, before: string, limit: number): Promise<number> {
  const { key, at } = ACCOUNTS[table];
  const columns = key.join(', ');
  const rows = await sql.all(
    `delete from ${table} where (${columns}) in (select ${columns} from ${table} where ${at} < ? limit ?) returning ${key[0]}`,
    [before, limit],
  );
  return rows.length;
}

/** Deletes older runs that have ended; their gaps are deleted separately. The newest run of a connection stays. */
export async function deleteRuns(sql: Sql, before: string, limit: number): Promise<number> {
  const rows = await sql.all(
    `delete from reconcile_runs where seq in (
       select r.seq from reconcile_runs r where r.started_at < ? and r.state <> 'running'
         and r.seq < (select max(n.seq) from reconcile_runs n where n.connection = r.connection) order by r.seq limit ?) returning seq`,
    [before, limit],
  );
  return rows.length;
}

const marks = (values: readonly unknown[]): string => values.map(() => '?').join(', ');
