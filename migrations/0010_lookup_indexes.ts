import type { Knex } from 'knex';

/** Queries that monitoring runs every few seconds, and lists by status, have their own indexes: they cost the same with a million orders. */
export async function up(trx: Knex.Transaction): Promise<void> {
  await trx.raw(`create index deliveries_backlog on deliveries (connection, received_at) where state in ('pending', 'working')`);
  await trx.raw(`create index deliveries_dead_of on deliveries (connection) where state = 'dead'`);
  await trx.raw('create index entities_status on entities (kind, status, seq)');
}
