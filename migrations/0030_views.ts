import type { Knex } from 'knex';

/** The current definition of each view: a view is created again when its definition has changed (views.ts). */
export async function up(trx: Knex.Transaction): Promise<void> {
  await trx.schema.createTable('view_definitions', (table) => {
    table.text('name').primary();
    table.text('definition').notNullable();
  });
}
