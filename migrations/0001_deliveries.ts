import type { Knex } from 'knex';

/** Every webhook request that was answered 202 (or 400 with its bytes stored), and its states. */
export async function up(trx: Knex.Transaction): Promise<void> {
  await trx.schema.createTable('deliveries', (table) => {
    table.bigIncrements('seq');
    table.text('id').notNullable().unique();
    table.text('connection').notNullable();
    table.text('platform').notNullable();
    table.text('dedupe_key').notNullable();
    table.text('state').notNullable();
    table.text('method').notNullable();
    table.text('path').notNullable();
    table.text('event_type');
    table.text('event_id');
    table.text('subject');
    table.boolean('notification').notNullable();
    table.boolean('mergeable').notNullable();
    table.text('received_at').notNullable();
    table.text('started_at');
    table.text('finished_at');
    table.text('next_attempt_at').notNullable();
    table.text('lease_until');
    table.text('worker');
    table.integer('duplicates').notNullable().defaultTo(0);
    table.boolean('conflict').notNullable().defaultTo(false);
    table.text('credential');
    table.text('headers').notNullable();
    table.text('content_type');
    // The bytes as received; null once retention has deleted them.
    table.binary('body');
    table.text('body_sha256').notNullable();
    table.text('attempts').notNullable().defaultTo('[]');
    table.integer('tries').notNullable().defaultTo(0);
    table.text('error');
    // The response of the fetch for this delivery, for replays; `replay` says how a pending replay gets its content.
    table.text('recorded');
    table.text('replay');
    table.unique(['connection', 'dedupe_key']);
    table.index(['connection', 'seq']);
    table.index(['received_at']);
  });
  await trx.raw(`create index deliveries_waiting on deliveries (seq) where state = 'pending'`);
  await trx.raw(`create index deliveries_notifying on deliveries (connection, next_attempt_at) where state = 'pending' and notification`);
  await trx.raw(`create index deliveries_leased on deliveries (lease_until) where state = 'working'`);
  await trx.raw(`create index deliveries_dead on deliveries (seq) where state = 'dead'`);
  await trx.raw(`create index deliveries_open on deliveries (subject, connection, seq) where state in ('pending', 'working')`);
  // Filled by the worker, not during intake: an index entry at a random place would cost intake a page each.
  await trx.raw('create index deliveries_subject on deliveries (subject, seq) where finished_at is not null');
}
