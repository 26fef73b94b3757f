import type { ChangeAction, Difference } from './change.ts';
import type { DocumentReport, EntityKind, Header, LineContent, ReportForm } from './entity.ts';

/** The newest stored time, and the value used in comparisons where that differs (see `ReportedTime`). */
export interface StoredTime {
  lastUpdatedAt: string | null;
  comparedAt: string | null;
}

/** The origin of a stored source; `mixed`: parts of both. Null: unknown. */
export type SourceForm = ReportForm | 'mixed' | null;

/** A line as stored. `source` is JSON text. */
export interface LineState extends StoredTime {
  externalId: string;
  rank: number;
  content: LineContent;
  source: string;
  sourceForm: SourceForm;
  version: number;
  removedAt: string | null;
}

export interface DocumentState {
  id: string;
  announced: DocumentReport;
  /** Id of the document that has replaced it. */
  supersededBy: string | null;
  removedAt: string | null;
  /** It is new or its announcement has changed, so its content has to be fetched. */
  toFetch: boolean;
}

/** An entity as stored, with those of its lines and documents that a report may touch. */
export interface EntityState extends StoredTime {
  id: string;
  connection: string;
  platform: string;
  kind: EntityKind;
  externalId: string;
  header: Header;
  /** JSON text of the platform's own header; null: none was reported. */
  source: string | null;
  sourceForm: SourceForm;
  sourceLines: string | null;
  version: number;
  deletedAt: string | null;
  createdAt: string;
  updatedAt: string;
  lines: Map<string, LineState>;
  documents: Map<string, DocumentState>;
}

/** What a report changed in a state: the parts to write and the resulting feed entry. */
export interface MergeResult {
  state: EntityState;
  /** Null: nothing is new for a reader (a newer time alone is only stored). */
  change: { action: ChangeAction; lines: string[]; diff: Difference[]; headerChanged: boolean } | null;
  /** Whether the entity's own row has to be written. */
  headerTouched: boolean;
  touchedLines: LineState[];
  touchedDocuments: DocumentState[];
  /** Parts of the report that were older than what is stored. */
  stale: number;
  /** Parts with an equal time but different content, which were applied. */
  collisions: number;
}
