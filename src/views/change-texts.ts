import type { Header } from '../domain/entities/entity.ts';
import type { Sql } from '../store/engine/database.ts';
import { type EntityRow, readEntities } from '../store/entities/list.ts';
import type { ChangeState } from '../store/feed/change-state.ts';
import type { ChangeRow } from '../store/feed/read-changes.ts';
import type { ChangeParts } from '../store/feed/read-sizes.ts';
import { readHeaderBefore, readStatesOf } from '../store/feed/read-states.ts';
import { changeText } from './change.ts';
import { entityHead, isRecord, lineView, viewEntities } from './entity.ts';

/** Entries of the feed as JSON text, with the requested parts. A plain page needs no parsing. */
export async function changeTexts(
  sql: Sql,
  changes: readonly ChangeRow[],
  parts: ChangeParts,
): Promise<{ position: string; cursor: string; text: string }[]> {
  const entities = parts.state || parts.entity ? await readEntities(sql, [...new Set(changes.map(({ entityId }) => entityId))]) : new Map();
  const states = parts.state ? await statesThen(sql, changes, entities) : null;
  const now = parts.entity ? await entitiesNow(sql, entities) : null;
  return changes.map((change) => {
    const further =
      (states ? `,"state":${JSON.stringify(states.get(change.position) ?? null)}` : '') +
      (now ? `,"entity":${now.get(change.entityId) ?? 'null'}` : '');
    const text = changeText(change);
    return { position: change.position, cursor: change.cursor, text: further === '' ? text : `${text.slice(0, -1)}${further}}` };
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
