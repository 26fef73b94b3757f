import type { EntityKind } from '../../domain/entities/entity.ts';
import type { SourceForm } from '../../domain/entities/entity-state.ts';

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
