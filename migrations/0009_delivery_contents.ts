import type { Knex } from 'knex';

const ROWS_PER_STATEMENT = 5000;

/**
 * The contents of a delivery are in a separate table, written once: claiming and completing a delivery rewrite only a short row. Retention deletes
 * the contents. Due deliveries are found by their due time, without scanning everything that is pending.
 */
export async function up(trx: Knex.Transaction): Promise<void> {
  await trx.schema.createTable('delivery_contents', (table) => {
    table.bigInteger('seq').primary();
    table.text('headers').notNullable();
    // The bytes as received.
    table.binary('body').notNullable();
    // The response of the fetch for this delivery, for replays.
    table.text('recorded');
  });
  await moveContents(trx);
  for (const column of ['headers', 'body', 'recorded']) await trx.raw(`alter table deliveries drop column ${column}`);
  await trx.raw(`create index deliveries_due on deliveries (next_attempt_at, seq) where state = 'pending' and not notification`);
}

/** In steps: one statement over a large table would exceed the statement timeout. */
async function moveContents(trx: Knex.Transaction): Promise<void> {
  const ends = await trx('deliveries').min<{ first: number | string | null }[]>('seq as first').max('seq as last');
  const { first, last } = (ends[0] ?? {}) as { first?: number | string | null; last?: number | string | null };
  for (let from = Number(first ?? 0); last != null && from <= Number(last); from += ROWS_PER_STATEMENT) {
    await trx.raw(
      `insert into delivery_contents (seq, headers, body, recorded) select seq, headers, body, recorded from deliveries
       where seq >= ? and seq < ? and body is not null`,
      [from, from + ROWS_PER_STATEMENT],
    );
  }
}
