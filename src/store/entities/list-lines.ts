import type { LineContent } from '../../domain/entities/entity.ts';
import type { Sql } from '../engine/database.ts';
import { numberOf } from '../engine/rows.ts';
import { isOneOf, where } from '../engine/where.ts';
import { type LineColumns, toLineContent } from './row.ts';

/** A line as stored; `source` is the platform's JSON text, null where it was not requested. */
export interface LineRow {
  entityId: string;
  externalId: string;
  content: LineContent;
  source: string | null;
  lastUpdatedAt: string | null;
  version: number;
  removedAt: string | null;
}

type Row = Omit<LineColumns, 'rank' | 'source' | 'source_form' | 'compared_at'> & Partial<Pick<LineColumns, 'source'>>;

/** All lines of these entities, removed ones too, in the order of their first appearance. */
export async function readLines(sql: Sql, entityIds: readonly string[], withSource: boolean): Promise<LineRow[]> {
  if (entityIds.length === 0) return [];
  const asked = where(isOneOf('entity_id', entityIds));
  const columns = `entity_id, external_id, content, last_updated_at, version, removed_at${withSource ? ', source' : ''}`;
  const rows = await sql.all<Row>(`select ${columns} from lines where ${asked.text} order by entity_id, rank, external_id`, asked.bindings);
  return rows.map((row) => ({
    entityId: row.entity_id,
    externalId: row.external_id,
    content: toLineContent(row.content),
    source: row.source ?? null,
    lastUpdatedAt: row.last_updated_at,
    version: numberOf(row.version),
    removedAt: row.removed_at,
  }));
}
