import type { Knex } from 'knex';

/** The registrations at each platform when they were last read. */
export async function up(trx: Knex.Transaction): Promise<void> {
  await trx.schema.createTable('registrations', (table) => {
    table.text('connection').primary();
    table.text('registered').notNullable();
    table.text('checked_at').notNullable();
  });
}
