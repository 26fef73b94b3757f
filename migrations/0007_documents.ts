import type { Knex } from 'knex';

/** What is announced but not held is few, and asked for by age: it is found without reading all documents. */
export async function up(trx: Knex.Transaction): Promise<void> {
  await trx.raw(`create index documents_not_held on documents (connection, announced_at) where state not in ('stored', 'empty')`);
}
