import type { EntityKind } from '../../domain/entities/entity.ts';
import type { EntityState, SourceForm } from '../../domain/entities/entity-state.ts';
import { numberOf } from '../engine/rows.ts';
import { toHeader } from './content-values.ts';

/** A row of `entities` as the engines return it. */
export interface EntityColumns {
  seq: number | string;
  id: string;
  connection: string;
  platform: string;
  kind: EntityKind;
  external_id: string;
  number: string | null;
  status: string | null;
  /** JSON text: see `content-values.ts`. */
  header: string;
  source_form: SourceForm;
  source_lines: string | null;
  last_updated_at: string | null;
  compared_at: string | null;
  version: number;
  deleted_at: string | null;
  created_at: string;
  updated_at: string;
  revision: number;
  /** JSON text: see `line-values.ts`. */
  lines: string | null;
  sources: Buffer | null;
}

type OwnColumns = Omit<EntityColumns, 'seq' | 'source_form' | 'source_lines' | 'compared_at' | 'revision' | 'lines' | 'sources'>;

/** The columns that every reader of an entity gets: all except its sources, its lines and what only merging needs. */
export const toEntity = (row: OwnColumns) =>
  ({
    id: row.id,
    connection: row.connection,
    platform: row.platform,
    kind: row.kind,
    externalId: row.external_id,
    header: toHeader(row),
    lastUpdatedAt: row.last_updated_at,
    version: numberOf(row.version),
    deletedAt: row.deleted_at,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }) satisfies Partial<EntityState>;
