import type { Knex } from 'knex';

/**
 * Keys may be limited to connections and consumers (JSON lists; null: all), and are recognised by their first characters before they are verified.
 */
export async function up(trx: Knex.Transaction): Promise<void> {
  await trx.schema.alterTable('api_keys', (table) => {
    table.text('connections');
    table.text('consumers');
    table.text('prefix');
    table.index(['prefix']);
  });
}
