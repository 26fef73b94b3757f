import type { Knex } from 'knex';

/** Who set a dead delivery aside, when and why. A table of its own: few deliveries are ever dismissed, and every row of `deliveries` counts. */
export async function up(trx: Knex.Transaction): Promise<void> {
  await trx.schema.createTable('dismissals', (table) => {
    table.text('delivery_id').primary();
    table.text('dismissed_by').notNullable();
    table.text('note');
    table.text('dismissed_at').notNullable();
  });
}
