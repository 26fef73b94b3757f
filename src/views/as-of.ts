import type { Header } from '../domain/entity.ts';
import { Refused } from '../domain/errors.ts';
import { readDocumentsOf } from '../store/documents/list.ts';
import type { Sql } from '../store/engine/database.ts';
import type { EntityRow } from '../store/entities/list.ts';
import type { ChangeState } from '../store/feed/append.ts';
import { readStateHistory } from '../store/feed/read-changes.ts';
import { attachedDocumentView, entityHead, isRecord, lineView } from './entity.ts';

const NO_HEADER: Header = { number: null, status: null, currency: null, buyer: null, supplier: null, total: null, orderedAt: null };

/**
 * The entity as a reader of the feed saw it at position `cursor`: what each change up to there left behind, laid on top of each other.
 * Refuses a position before its first change (404) and one whose changes retention has taken away (410).
 */
export async function viewAsOf(sql: Sql, entity: EntityRow, cursor: string): Promise<object> {
  const states = await readStateHistory(sql, entity.id, cursor);
  const last = states.at(-1);
  if (!last) throw new Refused(404, 'not_found', 'At this position of the feed it was not known yet.');
  if (states[0]?.version !== 1) throw new Refused(410, 'position_gone', 'The changes up to this position are no longer kept.');
  const folded = fold(states.map(({ state }) => JSON.parse(state) as ChangeState));
  const then: EntityRow = { ...entity, ...folded.head, version: last.version, updatedAt: last.at };
  if (isRecord(entity.kind)) return entityHead(then);
  const documents = await readDocumentsOf(sql, [entity.id]);
  return {
    ...entityHead(then),
    lines: folded.lines.map(lineView),
    documents: documents.filter((document) => document.announcedAt <= last.at).map(attachedDocumentView),
  };
}

function fold(states: readonly ChangeState[]) {
  const head = { header: NO_HEADER, lastUpdatedAt: null as string | null, deletedAt: null as string | null };
  const lines = new Map<string, ChangeState['lines'][string]>();
  for (const state of states) {
    head.header = state.header ?? head.header;
    head.lastUpdatedAt = state.lastUpdatedAt;
    head.deletedAt = state.deletedAt;
    for (const [externalId, line] of Object.entries(state.lines)) lines.set(externalId, line);
  }
  const inOrder = [...lines].map(([externalId, line]) => ({ externalId, ...line })).sort((a, b) => a.rank - b.rank);
  return { head, lines: inOrder };
}
