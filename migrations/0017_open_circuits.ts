import type { Knex } from 'knex';

/** Which process cannot reach the API of a connection: health may be reported by another process. */
export async function up(trx: Knex.Transaction): Promise<void> {
  await trx.schema.createTable('open_circuits', (table) => {
    table.text('connection').notNullable();
    table.text('process').notNullable();
    table.text('seen_at').notNullable();
    table.primary(['connection', 'process']);
  });
}
