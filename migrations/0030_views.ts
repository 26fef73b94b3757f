import type { Knex } from 'knex';

/** Which definition of each view is in force: views are made anew when theirs has changed (views.ts). */
export async function up(trx: Knex.Transaction): Promise<void> {
  await trx.schema.createTable('view_definitions', (table) => {
    table.text('name').primary();
    table.text('definition').notNullable();
  });
}
