import type { Knex } from 'knex';

/** Data for operators: responses, credentials in use, drift, alerts. */
export async function up(trx: Knex.Transaction): Promise<void> {
  await trx.schema.createTable('answers', (table) => {
    table.text('connection').notNullable();
    // The minute, ISO 8601 UTC.
    table.text('minute').notNullable();
    table.integer('status').notNullable();
    table.integer('count').notNullable();
    table.primary(['connection', 'minute', 'status']);
  });
  // How long our answers to a connection have been failures without a success in between.
  await trx.schema.createTable('answer_streaks', (table) => {
    table.text('connection').primary();
    table.integer('failures').notNullable();
    table.text('first_failed_at');
    table.text('last_failed_at');
    table.text('last_succeeded_at');
  });
  // Requests that we rejected or could not store, which may be the cause of a gap. Only status and reason of the request are stored.
  await trx.schema.createTable('refusals', (table) => {
    table.bigIncrements('seq');
    table.text('connection').notNullable();
    table.text('at').notNullable();
    table.integer('status').notNullable();
    table.text('code').notNullable();
    table.index(['connection', 'at']);
  });
  await trx.schema.createTable('collisions', (table) => {
    table.text('connection').notNullable();
    // `stale` (older than what is stored) or `collision` (equal time, different content).
    table.text('reason').notNullable();
    table.bigInteger('count').notNullable();
    table.primary(['connection', 'reason']);
  });
  await trx.schema.createTable('drift', (table) => {
    table.text('connection').notNullable();
    table.text('platform').notNullable();
    table.text('kind').notNullable();
    table.text('name').notNullable();
    table.text('path').notNullable();
    table.text('first_seen_at').notNullable();
    table.text('last_seen_at').notNullable();
    table.bigInteger('count').notNullable();
    table.text('sample_id').notNullable();
    table.primary(['connection', 'kind', 'path', 'name']);
  });
  await trx.schema.createTable('alerts', (table) => {
    // One row per open state: code and connection.
    table.text('key').primary();
    table.text('code').notNullable();
    table.text('level').notNullable();
    table.text('connection');
    table.text('text').notNullable();
    table.text('details').notNullable();
    table.text('opened_at').notNullable();
    table.text('last_sent_at');
    table.text('closed_at');
    table.integer('count').notNullable();
  });
}
