import type { Knex } from 'knex';

/** What each platform had registered when it was last asked. */
export async function up(trx: Knex.Transaction): Promise<void> {
  await trx.schema.createTable('registrations', (table) => {
    table.text('connection').primary();
    table.text('registered').notNullable();
    table.text('checked_at').notNullable();
  });
}
