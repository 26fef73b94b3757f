import type { Knex } from 'knex';
import { createIndex, MOST_MS } from './create-index.ts';

const ON_POSTGRES = {
  deliveries_open: `deliveries (hashtextextended(subject, 0), seq) where state in ('pending', 'working')`,
  deliveries_subject: 'deliveries (hashtextextended(subject, 0)) where finished_at is not null',
  deliveries_event: 'deliveries (hashtextextended(event_id, 0)) where event_id is not null and finished_at is not null',
  // Hardly any number belongs to entities of two kinds.
  entities_number: 'entities (number) where number is not null',
};

/**
 * On PostgreSQL the indexes of deliveries by resource and event hold a hash of the text instead of the text; the entries that wait to be merged
 * into the search index take an eighth of a megabyte instead of half; pages of indexes whose keys only grow, and whose rows never change, are
 * filled completely. The index of what a connection has waiting no longer fits a query for one resource: a planner that believes both to be empty
 * takes either.
 */
export async function up(trx: Knex.Transaction): Promise<void> {
  await trx.raw('drop index deliveries_backlog');
  await createIndex(trx, 'deliveries_backlog', 'deliveries (connection, received_at) where finished_at is null');
  if (trx.client.config.client !== 'pg') return;
  await trx.raw('drop index deliveries_open, deliveries_subject, deliveries_event, entities_kind_number_index');
  for (const [name, rows] of Object.entries(ON_POSTGRES)) await createIndex(trx, name, rows);
  // The planner uses no statistics of the expressions of partial indexes.
  for (const column of ['subject', 'event_id'])
    await trx.raw(`create statistics deliveries_${column}_hash on (hashtextextended(${column}, 0)) from deliveries`);
  await trx.raw('analyze deliveries').options({ query_timeout: MOST_MS });
  await trx.raw('alter index search_index_grams set (gin_pending_list_limit = 128)');
  for (const name of ['changes_pkey', 'changes_connection_seq_index', 'changes_kind_seq_index', 'delivery_contents_pkey'])
    await trx.raw(`alter index ${name} set (fillfactor = 100)`);
}
