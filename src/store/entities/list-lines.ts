import type { LineContent } from '../../domain/entities/entity.ts';
import type { Sql } from '../engine/database.ts';
import { isOneOf, where } from '../engine/where.ts';
import { toLines, unpackSources } from './line-values.ts';
import type { EntityColumns } from './row.ts';

/** A line as stored; `source` is the platform's JSON text, null if it was not requested. */
export interface LineRow {
  entityId: string;
  externalId: string;
  content: LineContent;
  source: string | null;
  lastUpdatedAt: string | null;
  version: number;
  removedAt: string | null;
}

type Row = Pick<EntityColumns, 'id' | 'external_id' | 'last_updated_at' | 'source_form' | 'lines'> &
  Partial<Pick<EntityColumns, 'sources'>>;

/** All lines of these entities, including removed ones, in the order of their first appearance. */
export async function readLines(sql: Sql, entityIds: readonly string[], withSource: boolean): Promise<LineRow[]> {
  if (entityIds.length === 0) return [];
  const condition = where(isOneOf('id', entityIds), ['lines is not null']);
  const columns = `id, external_id, last_updated_at, source_form, lines${withSource ? ', sources' : ''}`;
  const rows = await sql.all<Row>(`select ${columns} from entities where ${condition.text} order by id`, condition.bindings);
  return (await Promise.all(rows.map(linesOf))).flat();
}

async function linesOf(row: Row): Promise<LineRow[]> {
  const sources = row.sources ? await unpackSources(row.sources) : null;
  return toLines(row).map(({ externalId, rank, content, lastUpdatedAt, version, removedAt }) => ({
    entityId: row.id,
    externalId,
    content,
    source: sources?.lines[rank] ?? null,
    lastUpdatedAt,
    version,
    removedAt,
  }));
}
