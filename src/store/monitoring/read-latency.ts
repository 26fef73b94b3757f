import type { Sql } from '../engine/database.ts';
import { numberOf } from '../engine/rows.ts';

/** How far the legs have been read, as positions of the feed. */
export interface LatencyMarks {
  applied: number;
  pulled: number;
  booked: number;
}

/** One leg of a change's path: from `begin` to `end`, ISO 8601. */
export interface LatencySample {
  connection: string;
  leg: 'platformToReceived' | 'receivedToApplied' | 'appliedToPulled' | 'pulledToBooked';
  begin: string;
  end: string;
}

/** The last position of the feed before `at`: later entries have not been read yet. */
export async function readMarksAt(sql: Sql, at: string): Promise<LatencyMarks> {
  const [row] = await sql.all<{ seq: number | string }>('select seq from changes where at < ? order by at desc limit 1', [at]);
  const position = numberOf(row?.seq);
  return { applied: position, pulled: position, booked: position };
}

/** Changes caused by deliveries after `marks`, at most `limit` of each leg; and how far it was read. */
export async function readNewSamples(
  sql: Sql,
  marks: LatencyMarks,
  limit: number,
): Promise<{ samples: LatencySample[]; marks: LatencyMarks }> {
  const applied = await readApplied(sql, marks.applied, limit);
  const pulled = await readPulled(sql, marks.pulled, limit);
  const booked = await readBooked(sql, marks.booked, limit);
  return {
    samples: [...applied.samples, ...pulled.samples, ...booked.samples],
    marks: { applied: applied.mark, pulled: pulled.mark, booked: booked.mark },
  };
}

interface Leg {
  samples: LatencySample[];
  mark: number;
}

async function readApplied(sql: Sql, after: number, limit: number): Promise<Leg> {
  const rows = await sql.all<{
    seq: number | string;
    connection: string;
    platform_at: string | null;
    received_at: string | null;
    at: string;
  }>('select seq, connection, platform_at, received_at, at from changes where seq > ? order by seq limit ?', [after, limit]);
  const samples = rows.flatMap(({ connection, platform_at, received_at, at }): LatencySample[] =>
    received_at === null
      ? []
      : [
          ...(platform_at === null ? [] : [{ connection, leg: 'platformToReceived', begin: platform_at, end: received_at } as const]),
          { connection, leg: 'receivedToApplied', begin: received_at, end: at },
        ],
  );
  return { samples, mark: numberOf(rows.at(-1)?.seq ?? after) };
}

async function readPulled(sql: Sql, after: number, limit: number): Promise<Leg> {
  const rows = await sql.all<{ seq: number | string; connection: string; at: string; pulled_at: string }>(
    `select c.seq, c.connection, c.at, (select r.at from consumer_reads r where r.position >= c.seq order by r.position limit 1) as pulled_at
     from changes c where c.seq > ? and c.received_at is not null and c.seq <= (select coalesce(max(position), 0) from consumer_reads)
     order by c.seq limit ?`,
    [after, limit],
  );
  const samples = rows.map(
    ({ connection, at, pulled_at }): LatencySample => ({
      connection,
      leg: 'appliedToPulled',
      begin: at,
      end: pulled_at,
    }),
  );
  return { samples, mark: numberOf(rows.at(-1)?.seq ?? after) };
}

async function readBooked(sql: Sql, after: number, limit: number): Promise<Leg> {
  const rows = await sql.all<{ seq: number | string; connection: string; pulled_at: string | null; booked_at: string }>(
    `select b.change_seq as seq, c.connection, b.at as booked_at,
       (select r.at from consumer_reads r where r.position >= c.seq order by r.position limit 1) as pulled_at
     from consumers n join receipts b on b.consumer = n.name and b.change_seq > ? join changes c on c.seq = b.change_seq
     where b.status = 'booked' and c.received_at is not null order by b.change_seq limit ?`,
    [after, limit],
  );
  const samples = rows.flatMap(({ connection, pulled_at, booked_at }): LatencySample[] =>
    pulled_at === null ? [] : [{ connection, leg: 'pulledToBooked', begin: pulled_at, end: booked_at }],
  );
  return { samples, mark: numberOf(rows.at(-1)?.seq ?? after) };
}
