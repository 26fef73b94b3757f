import type { Sql } from '../engine/database.ts';
import { numberOf } from '../engine/rows.ts';

/** A count for one connection. `kind`: which one, if there are several. */
export interface CountedRow {
  connection: string;
  kind: string;
  count: number;
}

interface Row {
  connection: string;
  kind: string;
  count: number | string;
}

const toCounts = (rows: readonly Row[]): CountedRow[] => rows.map((row) => ({ ...row, count: numberOf(row.count) }));

/** Gaps by cause, of all retained runs. */
export const readGapCounters = async (sql: Sql): Promise<CountedRow[]> =>
  toCounts(await sql.all<Row>('select connection, cause as kind, count(*) as count from gaps group by connection, cause order by 1, 2'));

/** Reports with an older time (`stale`), and with an equal time but different content (`collision`), since the database was created. */
export const readTimeCounters = async (sql: Sql): Promise<CountedRow[]> =>
  toCounts(await sql.all<Row>('select connection, reason as kind, count from collisions order by 1, 2'));

/** Deliveries that will not be processed again unless they are replayed. */
export const readDeadCounters = async (sql: Sql): Promise<CountedRow[]> =>
  toCounts(
    await sql.all<Row>(
      `select connection, state as kind, count(*) as count from deliveries where state = 'dead' group by connection, state`,
    ),
  );
