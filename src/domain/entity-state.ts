import type { ChangeAction, Difference } from './change.ts';
import type { DocumentReport, EntityKind, Header, LineContent } from './entity.ts';

/** A line as it is held. `source` is JSON text. */
export interface LineState {
  externalId: string;
  rank: number;
  content: LineContent;
  source: string;
  lastUpdatedAt: string | null;
  version: number;
  removedAt: string | null;
}

export interface DocumentState {
  id: string;
  announced: DocumentReport;
}

/** An entity as it is held, with those of its lines and documents that a report may touch. */
export interface EntityState {
  id: string;
  connection: string;
  platform: string;
  kind: EntityKind;
  externalId: string;
  header: Header;
  /** JSON text of the platform's own header; null: none was told. */
  source: string | null;
  sourceLines: string | null;
  lastUpdatedAt: string | null;
  version: number;
  deletedAt: string | null;
  createdAt: string;
  updatedAt: string;
  lines: Map<string, LineState>;
  documents: Map<string, DocumentState>;
}

/** What a report changed in an image: the pieces to write and the feed entry to make of them. */
export interface MergeResult {
  state: EntityState;
  /** Null: nothing is new for a reader (a newer time alone is only remembered). */
  change: { action: ChangeAction; lines: string[]; diff: Difference[]; headerChanged: boolean } | null;
  /** The entity's own row has to be written. */
  headerTouched: boolean;
  touchedLines: LineState[];
  touchedDocuments: DocumentState[];
  /** Parts of the report that were older than what is held. */
  stale: number;
  /** Parts with an equal time but other content: applied. */
  collisions: number;
}
