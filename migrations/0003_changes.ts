import type { Knex } from 'knex';

/** The feed and its readers. `state` contains the state that the change produced (header, touched lines), so that any position can be shown later. */
export async function up(trx: Knex.Transaction): Promise<void> {
  await trx.schema.createTable('changes', (table) => {
    table.bigIncrements('seq');
    table.text('at').notNullable();
    table.text('connection').notNullable();
    table.text('kind').notNullable();
    table.text('action').notNullable();
    table.text('entity_id').notNullable();
    table.text('external_id').notNullable();
    table.integer('version').notNullable();
    table.text('lines').notNullable();
    table.text('diff').notNullable();
    table.text('state').notNullable();
    table.text('cause_type').notNullable();
    table.text('cause_id').notNullable();
    table.text('event_type');
    // Platform time and arrival of the cause, for latency.
    table.text('platform_at');
    table.text('received_at');
    table.unique(['entity_id', 'version']);
    table.index(['cause_id']);
    table.index(['connection', 'seq']);
    table.index(['kind', 'seq']);
    table.index(['at']);
  });
  await trx.schema.createTable('consumers', (table) => {
    table.text('name').primary();
    table.bigInteger('position').notNullable();
    // Filters of the consumer, as JSON: kind, connection.
    table.text('filter').notNullable();
    table.text('created_at').notNullable();
    table.text('last_read_at');
    table.bigInteger('last_read_position');
    table.text('last_ack_at');
  });
  // When a consumer had been sent everything up to a position, for latency.
  await trx.schema.createTable('consumer_reads', (table) => {
    table.text('consumer').notNullable();
    table.bigInteger('position').notNullable();
    table.text('at').notNullable();
    table.primary(['consumer', 'position']);
    table.index(['position']);
  });
  await trx.schema.createTable('receipts', (table) => {
    table.text('consumer').notNullable();
    table.bigInteger('change_seq').notNullable();
    table.text('status').notNullable();
    table.text('reference');
    table.text('reason');
    table.text('at').notNullable();
    table.primary(['consumer', 'change_seq']);
  });
}
