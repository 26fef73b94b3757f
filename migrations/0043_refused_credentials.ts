import type { Knex } from 'knex';

/** Platforms that refuse our credentials, until when no process tries them again, and the trials of the last minute. */
export async function up(trx: Knex.Transaction): Promise<void> {
  await trx.schema.createTable('refused_credentials', (table) => {
    table.text('api').primary();
    table.integer('refusals').notNullable();
    table.bigInteger('refused_at_ms').notNullable();
    table.bigInteger('paused_until_ms').notNullable();
    table.bigInteger('tried_until_ms').notNullable();
    table.text('message').notNullable();
  });
  await trx.schema.createTable('credential_trials', (table) => {
    table.text('id').primary();
    table.text('api').notNullable();
    table.bigInteger('at_ms').notNullable();
    table.index(['api', 'at_ms']);
  });
}
