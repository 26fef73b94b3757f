import type { Knex } from 'knex';

const ROWS_PER_STATEMENT = 20_000;

const RANDOM_UUID = {
  pg: 'gen_random_uuid()::text',
  sqlite3: `lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-a' || substr(hex(randomblob(2)), 2)
    || '-' || hex(randomblob(6)))`,
};

/**
 * Every entry of the feed gets an id that is never reused, even after a restore: the same position may then belong to another entry.
 * `feed_floor` remembers the last entry that retention has deleted, so that a reader at exactly that position is not rejected.
 */
export async function up(trx: Knex.Transaction): Promise<void> {
  await trx.schema.alterTable('changes', (table) => {
    table.text('change_id').notNullable().defaultTo('');
  });
  const uuid = trx.client.config.client === 'pg' ? RANDOM_UUID.pg : RANDOM_UUID.sqlite3;
  const ends = await trx('changes').min<{ first: number | string | null }[]>('seq as first').max('seq as last');
  const { first, last } = (ends[0] ?? {}) as { first?: number | string | null; last?: number | string | null };
  // In steps: one statement over a large table would exceed the statement timeout.
  for (let from = Number(first ?? 0); last != null && from <= Number(last); from += ROWS_PER_STATEMENT) {
    await trx.raw(`update changes set change_id = ${uuid} where seq >= ? and seq < ?`, [from, from + ROWS_PER_STATEMENT]);
  }
  await trx.schema.createTable('feed_floor', (table) => {
    table.bigInteger('seq').primary();
    table.text('change_id').notNullable();
  });
  await trx.raw(
    `insert into feed_floor (seq, change_id)
     select floor, '' from (select coalesce((select min(seq) - 1 from changes), (select max(position) from consumers), 0) as floor) as kept where floor > 0`,
  );
}
