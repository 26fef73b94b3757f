import type { Knex } from 'knex';

/** API keys (hashes only), the service's own secrets, leases between processes, and the state of remote rate limits. */
export async function up(trx: Knex.Transaction): Promise<void> {
  await trx.schema.createTable('api_keys', (table) => {
    table.text('name').primary();
    table.text('role').notNullable();
    table.text('key_hash').notNullable().unique();
    table.text('created_at').notNullable();
    table.text('last_used_at');
  });
  await trx.schema.createTable('secrets', (table) => {
    table.text('name').primary();
    table.text('value').notNullable();
  });
  await trx.schema.createTable('leases', (table) => {
    table.text('name').primary();
    table.text('owner').notNullable();
    table.text('until').notNullable();
  });
  await trx.schema.createTable('remote_calls', (table) => {
    table.bigIncrements('seq');
    table.text('connection').notNullable();
    table.text('budget').notNullable();
    table.bigInteger('at_ms').notNullable();
    table.index(['connection', 'budget', 'at_ms']);
  });
}
