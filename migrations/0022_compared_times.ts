import type { Knex } from 'knex';

const ROWS_PER_STATEMENT = 5000;
const DAY_MS = 86_400_000;

/**
 * `compared_at`: the value used in comparisons if it is not the time itself, which lies in the future or is finer than a millisecond.
 * `source_form`: whether the platform's own JSON came in a message or in a response; two of the same form are compared completely. Rows that a time
 * in the future has blocked until now are compared by the moment of their last change.
 */
export async function up(trx: Knex.Transaction): Promise<void> {
  for (const name of ['entities', 'lines']) {
    await trx.schema.alterTable(name, (table) => {
      table.text('compared_at');
      table.text('source_form');
    });
  }
  const ends = await trx('entities').min<{ first: number | string | null }[]>('seq as first').max('seq as last');
  const { first, last } = (ends[0] ?? {}) as { first?: number | string | null; last?: number | string | null };
  const future = new Date(Date.now() + DAY_MS).toISOString();
  // In steps: one statement over a large table would exceed the statement timeout.
  for (let from = Number(first ?? 0); last != null && from <= Number(last); from += ROWS_PER_STATEMENT) {
    const step = [future, from, from + ROWS_PER_STATEMENT];
    await trx.raw('update entities set compared_at = updated_at where last_updated_at > ? and seq >= ? and seq < ?', step);
    await trx.raw(
      `update lines set compared_at = (select updated_at from entities where id = lines.entity_id)
       where last_updated_at > ? and entity_id in (select id from entities where seq >= ? and seq < ?)`,
      step,
    );
  }
}
