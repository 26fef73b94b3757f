import type { Knex } from 'knex';

/** Scheduled comparisons with the platforms' APIs, the gaps they found, and what they prove. */
export async function up(trx: Knex.Transaction): Promise<void> {
  await trx.schema.createTable('reconcile_runs', (table) => {
    table.bigIncrements('seq');
    table.text('id').notNullable().unique();
    table.text('connection').notNullable();
    table.text('trigger').notNullable();
    table.text('state').notNullable();
    table.text('started_at').notNullable();
    table.text('finished_at');
    table.text('error');
    // Per stream: watermark at the start, page token, candidate for the new watermark, done: an interrupted run continues from here.
    table.text('progress').notNullable();
    table.integer('seen').notNullable().defaultTo(0);
    table.integer('unchanged').notNullable().defaultTo(0);
    table.integer('applied').notNullable().defaultTo(0);
    table.integer('gaps').notNullable().defaultTo(0);
    table.integer('failed').notNullable().defaultTo(0);
    table.index(['connection', 'seq']);
  });
  await trx.schema.createTable('gaps', (table) => {
    table.bigIncrements('seq');
    table.text('run_id').notNullable();
    table.text('connection').notNullable();
    table.text('kind').notNullable();
    table.text('external_id').notNullable();
    table.text('cause').notNullable();
    // Status and time of a rejection, the delivery that failed, …: JSON.
    table.text('details').notNullable();
    table.bigInteger('change_seq');
    table.text('platform_at');
    table.text('at').notNullable();
    table.index(['run_id', 'seq']);
    table.index(['connection', 'external_id']);
  });
  await trx.schema.createTable('watermarks', (table) => {
    table.text('connection').notNullable();
    table.text('stream').notNullable();
    table.text('watermark');
    table.text('updated_at').notNullable();
    table.primary(['connection', 'stream']);
  });
  // Spans of platform time that finished runs have proven; `from_at` null: from the beginning. The time after the last one is open.
  await trx.schema.createTable('coverage', (table) => {
    table.bigIncrements('seq');
    table.text('connection').notNullable();
    table.text('from_at');
    table.text('to_at').notNullable();
    table.text('run_id').notNullable();
    table.index(['connection', 'to_at']);
  });
  // When processes were running: downtime is the time in between.
  await trx.schema.createTable('uptime', (table) => {
    table.text('process').primary();
    // True if it answered webhooks: only then was anything received.
    table.boolean('receives').notNullable();
    table.text('started_at').notNullable();
    table.text('last_seen_at').notNullable();
    table.text('stopped_at');
    table.index(['last_seen_at']);
  });
}
