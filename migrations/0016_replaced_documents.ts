import type { Knex } from 'knex';

/** A document that was replaced by another one, or removed from its entity, is retained; and each has the address of its source. */
export async function up(trx: Knex.Transaction): Promise<void> {
  await trx.schema.alterTable('documents', (table) => {
    table.text('superseded_by');
    table.text('removed_at');
    // Host of a partner's address; null: the platform's own API. A slow one delays only its own documents.
    table.text('host');
  });
}
