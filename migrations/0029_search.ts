import type { Knex } from 'knex';

/**
 * The search terms of orders, shipments and records: the trigrams of their numbers, ids, items, parties and documents, by the entity's `seq`.
 * Filled after the feed, up to `position`, so that applying an event does not wait for it. Deliveries are found by their event's id, receipts by
 * their reference.
 */
export async function up(trx: Knex.Transaction): Promise<void> {
  const postgres = trx.client.config.client === 'pg';
  if (postgres) {
    // Trigrams as numbers: an index of arrays needs no extension.
    await trx.raw('create table search_index (seq bigint primary key, grams integer[] not null)');
    await trx.raw('create index search_index_grams on search_index using gin (grams)');
  } else {
    await trx.raw(
      `create virtual table search_index using fts5(grams, content = '', contentless_delete = 1, detail = none, tokenize = 'trigram')`,
    );
  }
  await trx.schema.createTable('search_progress', (table) => {
    table.integer('id').primary();
    table.bigInteger('position').notNullable();
  });
  await trx('search_progress').insert({ id: 1, position: 0 });
  // Filled by the worker, not during intake, like that of the subject.
  await trx.raw('create index deliveries_event on deliveries (event_id) where event_id is not null and finished_at is not null');
  await trx.raw('create index receipts_reference on receipts (reference) where reference is not null');
}
