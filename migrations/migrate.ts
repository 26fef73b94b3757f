import type { Knex } from 'knex';
import { OrderdockError } from '../src/domain/errors.ts';
import * as deliveries from './0001_deliveries.ts';
import * as entities from './0002_entities.ts';
import * as changes from './0003_changes.ts';
import * as access from './0004_access.ts';
import * as health from './0005_health.ts';
import * as reconcile from './0006_reconcile.ts';
import * as documents from './0007_documents.ts';
import * as feedHead from './0008_feed_head.ts';
import * as deliveryContents from './0009_delivery_contents.ts';
import * as lookupIndexes from './0010_lookup_indexes.ts';
import * as changeIds from './0012_change_ids.ts';
import * as consumerWatch from './0013_consumer_watch.ts';
import * as consumerNotices from './0014_consumer_notices.ts';
import * as replacedDocuments from './0016_replaced_documents.ts';
import * as openCircuits from './0017_open_circuits.ts';
import * as rejections from './0019_rejections.ts';
import * as comparedTimes from './0022_compared_times.ts';
import * as dismissals from './0025_dismissals.ts';
import * as alertHistory from './0026_alert_history.ts';
import * as audit from './0027_audit.ts';
import * as scopedKeys from './0028_scoped_keys.ts';
import * as search from './0029_search.ts';
import * as views from './0030_views.ts';
import * as registrations from './0035_registrations.ts';
import * as sessions from './0036_sessions.ts';
import * as replays from './0038_replays.ts';
import * as packedContents from './0039_packed_contents.ts';
import * as linesInEntities from './0040_lines_in_entities.ts';
import * as refusedCredentials from './0043_refused_credentials.ts';
import * as newestDead from './0044_newest_dead.ts';
import * as alertMessages from './0045_alert_messages.ts';
import * as remotePauses from './0046_remote_pauses.ts';
import * as shortDiffs from './0047_short_diffs.ts';
import * as smallSearchIndex from './0048_small_search_index.ts';
import * as hashedTexts from './0049_hashed_texts.ts';
import * as rareDeliveries from './0050_rare_deliveries.ts';
import { dropViews, refreshViews } from './views.ts';

export interface Migration {
  up(trx: Knex.Transaction): Promise<void>;
}

/** Forward only, in this order; never edited after their release. */
const MIGRATIONS: readonly (readonly [name: string, migration: Migration])[] = [
  ['0001_deliveries', deliveries],
  ['0002_entities', entities],
  ['0003_changes', changes],
  ['0004_access', access],
  ['0005_health', health],
  ['0006_reconcile', reconcile],
  ['0007_documents', documents],
  ['0008_feed_head', feedHead],
  ['0009_delivery_contents', deliveryContents],
  ['0010_lookup_indexes', lookupIndexes],
  ['0012_change_ids', changeIds],
  ['0013_consumer_watch', consumerWatch],
  ['0014_consumer_notices', consumerNotices],
  ['0016_replaced_documents', replacedDocuments],
  ['0017_open_circuits', openCircuits],
  ['0019_rejections', rejections],
  ['0022_compared_times', comparedTimes],
  ['0025_dismissals', dismissals],
  ['0026_alert_history', alertHistory],
  ['0027_audit', audit],
  ['0028_scoped_keys', scopedKeys],
  ['0029_search', search],
  ['0030_views', views],
  ['0035_registrations', registrations],
  ['0036_sessions', sessions],
  ['0038_replays', replays],
  ['0039_packed_contents', packedContents],
  ['0040_lines_in_entities', linesInEntities],
  ['0043_refused_credentials', refusedCredentials],
  ['0044_newest_dead', newestDead],
  ['0045_alert_messages', alertMessages],
  ['0046_remote_pauses', remotePauses],
  ['0047_short_diffs', shortDiffs],
  ['0048_small_search_index', smallSearchIndex],
  ['0049_hashed_texts', hashedTexts],
  ['0050_rare_deliveries', rareDeliveries],
];

const MIGRATION_LOCK = 7036280;

export interface MigrationStatus {
  name: string;
  appliedAt: string | null;
}

/**
 * Applies the missing migrations in one transaction: processes that start at the same time wait for each other, and a failure changes nothing.
 * `upTo`: only those up to this one, without the views, as an older program left the tables.
 */
export async function migrateUp(db: Knex, upTo?: string): Promise<void> {
  await db.transaction(async (trx) => {
    if (isPostgres(db)) await trx.raw('select pg_advisory_xact_lock(?)', [MIGRATION_LOCK]);
    await trx.raw('create table if not exists migrations (name text primary key, applied_at text not null)');
    const applied = await appliedNames(trx);
    const newer = [...applied.keys()].filter((name) => !MIGRATIONS.some(([known]) => known === name));
    if (newer.length > 0) {
      throw new OrderdockError(
        'newer_database',
        `The database was written by a newer Orderdock (it knows ${newer.join(', ')}). Start that version, or restore a backup.`,
      );
    }
    const missing = MIGRATIONS.filter(([name]) => !applied.has(name) && (upTo === undefined || name <= upTo));
    // Tables cannot be altered while views depend on them.
    const grants = missing.length > 0 ? await dropViews(trx) : [];
    for (const [name, migration] of missing) {
      await migration.up(trx);
      await trx('migrations').insert({ name, applied_at: new Date().toISOString() });
    }
    if (upTo === undefined) await refreshViews(trx, grants);
  });
}

/** Every known migration and when it was applied. */
export async function migrationStatus(db: Knex): Promise<MigrationStatus[]> {
  const applied = (await db.schema.hasTable('migrations')) ? await appliedNames(db) : new Map<string, string>();
  return MIGRATIONS.map(([name]) => ({ name, appliedAt: applied.get(name) ?? null }));
}

async function appliedNames(db: Knex): Promise<Map<string, string>> {
  const rows = await db('migrations').select<{ name: string; applied_at: string }[]>('name', 'applied_at');
  return new Map(rows.map((row) => [row.name, row.applied_at]));
}

const isPostgres = (db: Knex): boolean => db.client.config.client === 'pg';
