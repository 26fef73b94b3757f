import type { Knex } from 'knex';

/** A statement may take a few seconds otherwise; reading millions of rows takes longer. */
export const MOST_MS = 3_600_000;

/** Creates an index of `rows`: a table with columns, and a condition if not all rows are in it. */
export const createIndex = async (trx: Knex.Transaction, name: string, rows: string): Promise<void> => {
  await trx.raw(`create index ${name} on ${rows}`).options({ query_timeout: MOST_MS });
};
