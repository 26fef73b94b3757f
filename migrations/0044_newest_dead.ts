import type { Knex } from 'knex';

/** The dead deliveries of a connection are counted, and the one that failed last is found, by one index. */
export async function up(trx: Knex.Transaction): Promise<void> {
  await trx.raw('drop index deliveries_dead_of');
  await trx.raw(`create index deliveries_dead_of on deliveries (connection, finished_at, seq) where state = 'dead'`);
}
