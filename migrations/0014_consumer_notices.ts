import type { Knex } from 'knex';

/** How far each consumer has been notified of new changes, and since when its receiver has not accepted notifications. */
export async function up(trx: Knex.Transaction): Promise<void> {
  await trx.schema.createTable('consumer_notices', (table) => {
    table.text('consumer').primary();
    table.bigInteger('notified_position');
    table.text('notified_at');
    // No process sends before that time: an attempt has just succeeded, is in progress, or has failed.
    table.text('next_attempt_at').notNullable();
    table.text('failing_since');
    table.integer('failures').notNullable().defaultTo(0);
  });
}
