import type { Sql } from '../engine/database.ts';
import { numberOf } from '../engine/rows.ts';

/** How far the search index has processed the feed. */
export async function readSearchPosition(sql: Sql): Promise<number> {
  const [row] = await sql.all<{ position: number | string }>('select position from search_progress where id = 1');
  return numberOf(row?.position);
}

/** Entities that changed after position `after`, by feed entry, oldest first; at most `limit` entries. */
export async function readChangedAfter(sql: Sql, after: number, limit: number): Promise<{ position: number; entityId: string }[]> {
  const rows = await sql.all<{ seq: number | string; entity_id: string }>(
    'select seq, entity_id from changes where seq > ? order by seq limit ?',
    [after, limit],
  );
  return rows.map((row) => ({ position: numberOf(row.seq), entityId: row.entity_id }));
}

/** The most recently changed entities after position `after`, newest first. */
export async function readNewestChanged(sql: Sql, after: number, limit: number): Promise<string[]> {
  const rows = await sql.all<{ entity_id: string }>(
    'select entity_id from (select entity_id, seq from changes where seq > ? order by seq desc limit ?) as newest group by entity_id',
    [after, limit],
  );
  return rows.map((row) => row.entity_id);
}

/** Writes the search terms of entities, and advances the position; false, and nothing written, if another process has done so in the meantime. */
export async function writeSearchTexts(
  sql: Sql,
  rows: readonly { seq: number; text: string }[],
  position: { from: number; to: number },
): Promise<boolean> {
  const moved = await sql.all('update search_progress set position = ? where id = 1 and position = ? returning id', [
    position.to,
    position.from,
  ]);
  if (moved.length === 0) return false;
  if (rows.length > 0) for (const { statement, bindings } of sql.dialect.trigrams.write(rows)) await sql.all(statement, bindings);
  return true;
}
