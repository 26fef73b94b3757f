import type { Knex } from 'knex';
import { createIndex } from './create-index.ts';

const INDEXES = {
  deliveries_ignored: `deliveries (seq) where state = 'ignored'`,
  deliveries_handled: `deliveries (seq) where state = 'handled'`,
  deliveries_failed: 'deliveries (seq) where error is not null',
};

/** Deliveries that hardly any list finds among a million others: ignored and dismissed ones, and those with an error. */
export async function up(trx: Knex.Transaction): Promise<void> {
  for (const [name, rows] of Object.entries(INDEXES)) await createIndex(trx, name, rows);
}
