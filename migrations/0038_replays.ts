import type { Knex } from 'knex';

/** The deliveries that a replay has requeued, so that its outcome can be shown. */
export async function up(trx: Knex.Transaction): Promise<void> {
  await trx.schema.createTable('replays', (table) => {
    table.text('id').primary();
    table.text('started_by').notNullable();
    table.text('at').notNullable().index();
  });
  await trx.schema.createTable('replayed_deliveries', (table) => {
    table.text('replay_id').notNullable();
    table.bigInteger('delivery_seq').notNullable();
    table.text('at').notNullable().index();
    table.primary(['replay_id', 'delivery_seq']);
  });
}
