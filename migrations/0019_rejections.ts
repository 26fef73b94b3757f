import type { Knex } from 'knex';

/** A description of a rejected request: its sender, the reason, and its credentials without their value. */
export async function up(trx: Knex.Transaction): Promise<void> {
  await trx.schema.alterTable('refusals', (table) => {
    table.text('address');
    table.text('reason');
    table.text('credential');
  });
}
