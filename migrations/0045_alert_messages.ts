import type { Knex } from 'knex';

/** When the receiver of alerts may be called again, and the text of a closing message that it has not accepted yet. */
export async function up(trx: Knex.Transaction): Promise<void> {
  await trx.raw('alter table alerts add column send_after text');
  await trx.raw('alter table alerts add column closing text');
}
