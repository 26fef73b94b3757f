import type { Knex } from 'knex';

// A statement may take a few seconds otherwise; reading millions of deliveries takes longer.
const MOST_MS = 3_600_000;

const INDEXES = {
  deliveries_ignored: `deliveries (seq) where state = 'ignored'`,
  deliveries_handled: `deliveries (seq) where state = 'handled'`,
  deliveries_failed: 'deliveries (seq) where error is not null',
};

/** Deliveries that hardly any list finds among a million others: ignored and dismissed ones, and those with an error. */
export async function up(trx: Knex.Transaction): Promise<void> {
  for (const [name, rows] of Object.entries(INDEXES)) await trx.raw(`create index ${name} on ${rows}`).options({ query_timeout: MOST_MS });
}
