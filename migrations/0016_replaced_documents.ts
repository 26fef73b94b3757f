import type { Knex } from 'knex';

/** A document that another one replaced, or that its entity does not have any more, is kept; and each has the address it comes from. */
export async function up(trx: Knex.Transaction): Promise<void> {
  await trx.schema.alterTable('documents', (table) => {
    table.text('superseded_by');
    table.text('removed_at');
    // Host of a partner's address; null: the platform's own API. A slow one keeps only its own waiting.
    table.text('host');
  });
}
