import type { Knex } from 'knex';

/** What a refused request looked like: who sent it, why it was refused, and its credentials without their value. */
export async function up(trx: Knex.Transaction): Promise<void> {
  await trx.schema.alterTable('refusals', (table) => {
    table.text('address');
    table.text('reason');
    table.text('credential');
  });
}
