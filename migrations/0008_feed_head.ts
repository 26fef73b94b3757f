import type { Knex } from 'knex';

/**
 * Positions of the feed come from one row: each writer advances it and keeps it locked until the commit. `revision` counts the writes of an
 * entity, with its lines and documents: state that was read before another write is never written back.
 */
export async function up(trx: Knex.Transaction): Promise<void> {
  await trx.schema.createTable('feed_head', (table) => {
    table.integer('id').primary();
    table.bigInteger('position').notNullable();
  });
  await trx('feed_head').insert({ id: 1, position: await lastPosition(trx) });
  await trx.schema.alterTable('entities', (table) => {
    table.integer('revision').notNullable().defaultTo(0);
  });
}

/** Retention may have deleted the last entries: the engine knows the last position that was assigned. */
async function lastPosition(trx: Knex.Transaction): Promise<number> {
  if (trx.client.config.client === 'pg') {
    const { rows } = await trx.raw('select case when is_called then last_value else 0 end as position from changes_seq_seq');
    return Number(rows[0]?.position ?? 0);
  }
  const [row] = await trx.raw("select seq as position from sqlite_sequence where name = 'changes'");
  return Number(row?.position ?? 0);
}
