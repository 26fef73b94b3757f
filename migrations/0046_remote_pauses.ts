import type { Knex } from 'knex';

/** Until when calls to a platform are paused after it has answered 429: for every process, and across restarts. */
export async function up(trx: Knex.Transaction): Promise<void> {
  await trx.schema.createTable('remote_pauses', (table) => {
    table.text('connection').notNullable();
    table.text('budget').notNullable();
    table.bigInteger('until_ms').notNullable();
    table.primary(['connection', 'budget']);
  });
}
