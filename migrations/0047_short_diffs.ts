import type { Knex } from 'knex';

/**
 * The length of the differences in full, since from now on they are stored abbreviated (diff-pieces.ts): pages of the feed are cut
 * by it. Null: stored in full.
 */
export async function up(trx: Knex.Transaction): Promise<void> {
  await trx.raw('alter table changes add column diff_bytes integer');
}
