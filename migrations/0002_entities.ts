import type { Knex } from 'knex';

/** Orders, shipments and records in one table (they share one header), their lines, and the documents they announce. */
export async function up(trx: Knex.Transaction): Promise<void> {
  await trx.schema.createTable('entities', (table) => {
    table.bigIncrements('seq');
    table.text('id').notNullable().unique();
    table.text('connection').notNullable();
    table.text('platform').notNullable();
    table.text('kind').notNullable();
    table.text('external_id').notNullable();
    table.text('number');
    table.text('status');
    // The whole canonical header, as JSON; number and status have their own columns for filters.
    table.text('header').notNullable();
    // The platform's own JSON without the lines, and the member where they belong.
    table.text('source');
    table.text('source_lines');
    table.text('last_updated_at');
    table.integer('version').notNullable();
    table.text('deleted_at');
    table.text('created_at').notNullable();
    table.text('updated_at').notNullable();
    table.unique(['connection', 'kind', 'external_id']);
    table.index(['kind', 'seq']);
    table.index(['kind', 'number']);
    table.index(['kind', 'updated_at']);
  });
  await trx.schema.createTable('lines', (table) => {
    table.text('entity_id').notNullable();
    table.text('external_id').notNullable();
    // Order of first appearance within the entity.
    table.integer('rank').notNullable();
    table.text('content').notNullable();
    table.text('source').notNullable();
    table.text('last_updated_at');
    table.integer('version').notNullable();
    table.text('removed_at');
    table.primary(['entity_id', 'external_id']);
  });
  await trx.schema.createTable('documents', (table) => {
    table.bigIncrements('seq');
    table.text('id').notNullable().unique();
    table.text('connection').notNullable();
    table.text('entity_id').notNullable();
    table.text('key').notNullable();
    table.text('line');
    // The announcement: name, code, revision, type, description, objectId, url, lastUpdatedAt, as JSON.
    table.text('announced').notNullable();
    table.text('state').notNullable();
    table.text('content_type');
    table.text('filename');
    table.bigInteger('bytes');
    table.text('sha256');
    table.integer('tries').notNullable().defaultTo(0);
    table.text('error');
    table.text('announced_at').notNullable();
    table.text('next_attempt_at').notNullable();
    table.text('lease_until');
    table.text('stored_at');
    table.unique(['entity_id', 'key']);
  });
  await trx.raw(`create index documents_waiting on documents (next_attempt_at) where state = 'announced'`);
}
