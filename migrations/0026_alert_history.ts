import type { Knex } from 'knex';

/** Alerts can be acknowledged and muted, and resolved ones are retained: a state that recurs replaces its row in `alerts`. */
export async function up(trx: Knex.Transaction): Promise<void> {
  await trx.schema.alterTable('alerts', (table) => {
    table.text('acknowledged_at');
    table.text('acknowledged_by');
    table.text('muted_until');
  });
  await trx.schema.createTable('resolved_alerts', (table) => {
    table.bigIncrements('seq');
    table.text('key').notNullable();
    table.text('code').notNullable();
    table.text('level').notNullable();
    table.text('connection');
    table.text('text').notNullable();
    table.text('details').notNullable();
    table.text('opened_at').notNullable();
    table.text('last_sent_at');
    table.text('closed_at').notNullable();
    table.integer('count').notNullable();
    table.text('acknowledged_at');
    table.text('acknowledged_by');
    table.text('muted_until');
    table.index(['closed_at']);
  });
  const columns = 'key, code, level, connection, text, details, opened_at, last_sent_at, closed_at, count';
  await trx.raw(`insert into resolved_alerts (${columns}) select ${columns} from alerts where closed_at is not null`);
}
