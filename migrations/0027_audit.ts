import type { Knex } from 'knex';

/** Who changed what, with which key, from where, and how it ended. */
export async function up(trx: Knex.Transaction): Promise<void> {
  await trx.schema.createTable('audit', (table) => {
    table.bigIncrements('seq');
    table.text('at').notNullable();
    table.text('who').notNullable();
    table.text('key_name');
    // api, console, cli or service.
    table.text('via').notNullable();
    table.text('address');
    table.text('action').notNullable();
    table.text('target');
    table.text('connection');
    // `done`, or the code of the error that refused it.
    table.text('result').notNullable();
    table.text('details').notNullable();
    table.text('request_id');
    table.index(['at']);
    table.index(['connection', 'seq']);
  });
}
