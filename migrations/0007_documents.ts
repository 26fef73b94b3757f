import type { Knex } from 'knex';

/** Documents that were announced but are not stored are few and queried by age: the index finds them without reading all documents. */
export async function up(trx: Knex.Transaction): Promise<void> {
  await trx.raw(`create index documents_not_held on documents (connection, announced_at) where state not in ('stored', 'empty')`);
}
