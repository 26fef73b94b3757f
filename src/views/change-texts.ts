import type { Header } from '../domain/entities/entity.ts';
import type { Sql } from '../store/engine/database.ts';
import { type EntityRow, readEntities } from '../store/entities/list.ts';
import type { ChangeRow, ChangeText } from '../store/feed/change-row.ts';
import type { ChangeState } from '../store/feed/change-state.ts';
import { type FeedFilter, type FeedRange, readFeed, readFeedTexts } from '../store/feed/read-changes.ts';
import type { ChangeParts } from '../store/feed/read-sizes.ts';
import { readHeaderBefore, readStatesOf } from '../store/feed/read-states.ts';
import { entityHead, isRecord, lineView, viewEntities } from './entity.ts';

/** Entries of the feed as JSON text, with the requested parts. */
export async function changeTexts(sql: Sql, filter: FeedFilter, span: FeedRange, parts: ChangeParts): Promise<ChangeText[]> {
  if (!(parts.state || parts.entity)) return readFeedTexts(sql, filter, span);
  const changes = await readFeed(sql, filter, span);
  const entities = await readEntities(sql, [...new Set(changes.map(({ entityId }) => entityId))]);
  const states = parts.state ? await statesThen(sql, changes, entities) : null;
  const now = parts.entity ? await entitiesNow(sql, entities) : null;
  return changes.map(({ position, cursor, text, entityId }) => {
    const further =
      (states ? `,"state":${JSON.stringify(states.get(position) ?? null)}` : '') + (now ? `,"entity":${now.get(entityId) ?? 'null'}` : '');
    return { position, cursor, text: `${text.slice(0, -1)}${further}}` };
  });
}

/** Each entity once, in its current state. */
async function entitiesNow(sql: Sql, entities: ReadonlyMap<string, EntityRow>): Promise<Map<string, string>> {
  const rows = [...entities.values()];
  const views = await viewEntities(sql, rows, { lines: true, documents: true, source: false });
  return new Map(rows.map(({ id }, index) => [id, JSON.stringify(views[index])]));
}

/** The header and the touched lines as each entry left them, by position; missing if retention has deleted the change that set the header. */
async function statesThen(sql: Sql, changes: readonly ChangeRow[], entities: ReadonlyMap<string, EntityRow>): Promise<Map<string, object>> {
  const states = await readStatesOf(
    sql,
    changes.map(({ position }) => position),
  );
  const headers = new Map<string, Header | null>();
  const views = new Map<string, object>();
  for (const change of changes) {
    const [state, entity] = [states.get(change.position), entities.get(change.entityId)];
    if (!state || !entity) continue;
    // Changes of one entity are in order: the header carries over from one to the next.
    const known = headers.get(change.entityId);
    const header = state.header ?? (known === undefined ? await readHeaderBefore(sql, change.entityId, change.version) : known);
    headers.set(change.entityId, header);
    if (header !== null) views.set(change.position, stateView(entity, change, { ...state, header }));
  }
  return views;
}

function stateView(entity: EntityRow, change: ChangeRow, state: ChangeState & { header: Header }): object {
  const { header, lastUpdatedAt, deletedAt } = state;
  const head = entityHead({ ...entity, header, lastUpdatedAt, deletedAt, version: change.version, updatedAt: change.at });
  if (isRecord(entity.kind)) return head;
  const lines = Object.entries(state.lines).map(([externalId, line]) => ({ externalId, ...line }));
  return { ...head, lines: lines.sort((a, b) => a.rank - b.rank).map(lineView) };
}
