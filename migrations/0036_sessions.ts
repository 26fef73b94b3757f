import type { Knex } from 'knex';

/** The login of each connection at its platform, shared by all processes; encrypted with a key that is not in the database. */
export async function up(trx: Knex.Transaction): Promise<void> {
  await trx.schema.createTable('sessions', (table) => {
    table.text('connection').primary();
    table.text('sealed').notNullable();
    table.text('renewed_at').notNullable();
  });
}
