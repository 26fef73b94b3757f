import type { Knex } from 'knex';

/**
 * Who dismissed a dead delivery, when and why. A separate table: few deliveries are ever dismissed, and every byte in a row of `deliveries` counts.
 */
export async function up(trx: Knex.Transaction): Promise<void> {
  await trx.schema.createTable('dismissals', (table) => {
    table.text('delivery_id').primary();
    table.text('dismissed_by').notNullable();
    table.text('note');
    table.text('dismissed_at').notNullable();
  });
}
