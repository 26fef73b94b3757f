import type { Knex } from 'knex';

/** How far each consumer was notified of what is new, and since when its receiver does not take it. */
export async function up(trx: Knex.Transaction): Promise<void> {
  await trx.schema.createTable('consumer_notices', (table) => {
    table.text('consumer').primary();
    table.bigInteger('notified_position');
    table.text('notified_at');
    // Before that time no process sends: it was just done, is being done, or has failed.
    table.text('next_attempt_at').notNullable();
    table.text('failing_since');
    table.integer('failures').notNullable().defaultTo(0);
  });
}
