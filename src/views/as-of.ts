import { type Header, NO_HEADER } from '../domain/entities/entity.ts';
import { FEED_BEGINNING, FeedDiverged } from '../domain/entities/feed-cursor.ts';
import { Refused } from '../domain/errors.ts';
import { type DocumentRow, readDocumentsOf } from '../store/documents/list.ts';
import type { Sql } from '../store/engine/database.ts';
import type { EntityRow } from '../store/entities/list.ts';
import type { ChangeState } from '../store/feed/change-state.ts';
import { readHistory } from '../store/feed/read-changes.ts';
import { readPositions } from '../store/feed/read-positions.ts';
import { readStateHistory } from '../store/feed/read-states.ts';
import { attachedDocumentView, entityHead, isRecord, lineView, viewEntities } from './entity.ts';

/** A moment in the history of an entity: a position of the feed, or a time (ISO 8601 UTC). */
export type Moment = { position: string } | { time: string };

/**
 * The entity as a consumer of the feed saw it at that moment: the states produced by all changes up to then, merged in order. Rejects a moment
 * before the first change (404), and one whose changes retention has deleted (410).
 */
export async function viewAsOf(sql: Sql, entity: EntityRow, moment: Moment): Promise<object> {
  const states = await readStateHistory(sql, entity.id, moment);
  const last = states.at(-1);
  if (last && states[0]?.version === 1) return viewThen(sql, entity, last, fold(states.map(({ state }) => state)));
  if (await isUnchangedSince(sql, entity, moment)) return viewNow(sql, entity);
  const [first] = await readHistory(sql, entity.id, { after: FEED_BEGINNING.position, limit: 1 });
  if (first?.version === 1) throw new Refused(404, 'not_found', 'At this position of the feed it was not known yet.');
  throw new FeedDiverged(await readPositions(sql, FEED_BEGINNING.position));
}

/** Retention has deleted the first changes; if none came after the moment, the current state is the state at that moment. */
async function isUnchangedSince(sql: Sql, entity: EntityRow, moment: Moment): Promise<boolean> {
  if ('time' in moment) return entity.updatedAt <= moment.time;
  return (await readHistory(sql, entity.id, { after: moment.position, limit: 1 })).length === 0;
}

async function viewNow(sql: Sql, entity: EntityRow): Promise<object> {
  const [view] = await viewEntities(sql, [entity], { lines: true, documents: true, source: false });
  return view ?? {};
}

async function viewThen(
  sql: Sql,
  entity: EntityRow,
  last: { version: number; at: string },
  folded: ReturnType<typeof fold>,
): Promise<object> {
  const then: EntityRow = { ...entity, ...folded.head, version: last.version, updatedAt: last.at };
  if (isRecord(entity.kind)) return entityHead(then);
  const documents = await readDocumentsOf(sql, [entity.id], 'all');
  return {
    ...entityHead(then),
    lines: folded.lines.map(lineView),
    documents: currentAt(documents, last.at).map(attachedDocumentView),
  };
}

/** Documents announced by then and neither superseded nor removed. */
function currentAt(documents: readonly DocumentRow[], at: string): DocumentRow[] {
  const announcedAt = new Map(documents.map((document) => [document.id, document.announcedAt]));
  const replacedAt = ({ supersededBy }: DocumentRow) => (supersededBy === null ? null : (announcedAt.get(supersededBy) ?? null));
  const isPast = (time: string | null) => time !== null && time <= at;
  return documents.filter((one) => isPast(one.announcedAt) && !isPast(one.removedAt) && !isPast(replacedAt(one)));
}

function fold(states: readonly ChangeState[]) {
  const head: Pick<ChangeState, 'lastUpdatedAt' | 'deletedAt'> & { header: Header } = {
    header: NO_HEADER,
    lastUpdatedAt: null,
    deletedAt: null,
  };
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
