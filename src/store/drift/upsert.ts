import type { Drift } from '../../domain/drift.ts';
import type { Sql } from '../engine/database.ts';
import { storableText } from '../engine/rows.ts';

/** Counts what a delivery held that our description of its platform does not know. `sampleId`: the delivery. */
export async function upsertDrift(
  sql: Sql,
  origin: { connection: string; platform: string; sampleId: string; at: string },
  found: readonly Drift[],
): Promise<void> {
  for (const drift of found) {
    await sql.all(
      `insert into drift (connection, platform, kind, name, path, first_seen_at, last_seen_at, count, sample_id) values (?, ?, ?, ?, ?, ?, ?, 1, ?)
       on conflict (connection, kind, path, name) do update set last_seen_at = excluded.last_seen_at, count = drift.count + 1,
         sample_id = excluded.sample_id`,
      [
        origin.connection,
        origin.platform,
        drift.kind,
        storableText(drift.name),
        storableText(drift.path),
        origin.at,
        origin.at,
        origin.sampleId,
      ],
    );
  }
}
