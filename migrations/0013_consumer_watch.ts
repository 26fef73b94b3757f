import type { Knex } from 'knex';

/** Consumers are monitored: where they started, what they have read and acknowledged and when, whom to notify, when to alert. */
export async function up(trx: Knex.Transaction): Promise<void> {
  await trx.schema.alterTable('consumers', (table) => {
    // The cursors of both positions, which outlive the entries that they name.
    table.text('cursor').notNullable().defaultTo('');
    table.text('last_read_cursor');
    table.bigInteger('start_position').notNullable().defaultTo(0);
    table.integer('alert_after_seconds').notNullable().defaultTo(3600);
    table.text('notify_url');
    table.text('notify_secret');
  });
  // Until now a new consumer started at 0 wherever the feed began.
  await trx.raw('update consumers set position = (select max(seq) from feed_floor) where position < (select max(seq) from feed_floor)');
  // A row covers the entries after `after_position` up to `position`.
  await trx.schema.alterTable('consumer_reads', (table) => {
    table.bigInteger('after_position').notNullable().defaultTo(0);
  });
  await trx.schema.createTable('consumer_acks', (table) => {
    table.text('consumer').notNullable();
    table.bigInteger('position').notNullable();
    table.bigInteger('after_position').notNullable();
    table.text('at').notNullable();
    table.primary(['consumer', 'position']);
  });
  await trx.schema.alterTable('receipts', (table) => {
    table.index(['consumer', 'status', 'change_seq']);
  });
}
