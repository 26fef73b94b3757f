import { documentIdentity } from '../../domain/entities/document-identity.ts';
import type { EntityKind } from '../../domain/entities/entity.ts';
import type { EntityState, LineState } from '../../domain/entities/entity-state.ts';
import { type DocumentColumns, toAnnounced } from '../documents/row.ts';
import { pipelined, type Sql, WriteConflict } from '../engine/database.ts';
import { columnList, inBatches, LARGE_VALUE_BYTES, rowsParameter, storableText } from '../engine/rows.ts';
import { type EntityColumns, type LineColumns, toHeader, toLineContent } from './row.ts';

export interface EntityKey {
  connection: string;
  kind: EntityKind;
  externalId: string;
}

export const entityKeyText = (key: EntityKey): string => `${key.connection} ${key.kind} ${key.externalId}`;

/** An entity as it was read: `revision` counts its writes so far. */
export type StoredEntity = EntityState & { revision: number };

/**
 * The entities that are stored under these keys, with all their lines and documents. `lock`: they stay as they are until the transaction
 * ends, on engines that allow several writers; locked in the order of their creation, so that two transactions never wait for each other.
 */
export async function readStates(sql: Sql, keys: readonly EntityKey[], lock = false): Promise<Map<string, StoredEntity>> {
  if (keys.length === 0) return new Map();
  const asked = rowsParameter(keys.map((key) => ({ connection: key.connection, kind: key.kind, external_id: key.externalId })));
  const ofKeys = `from ${sql.dialect.rowsOf({ connection: 'text', kind: 'text', external_id: 'text' })} cross join entities e`;
  const byKey = 'e.connection = rows.connection and e.kind = rows.kind and e.external_id = rows.external_id';
  const rows = await sql.all<Omit<EntityColumns, 'seq'>>(
    `select e.id, e.connection, e.platform, e.kind, e.external_id, e.header, e.source, e.source_form, e.source_lines, e.last_updated_at, e.compared_at, e.version, e.deleted_at,
       e.created_at, e.updated_at, e.revision
     ${ofKeys} where ${byKey} ${lock ? `order by e.seq ${sql.dialect.lockRows('e')}` : ''}`,
    [asked],
  );
  const byId = new Map(rows.map((row) => [row.id, toImage(row)]));
  if (byId.size > 0) {
    await pipelined(sql, [() => addLines(sql, byId), () => addDocuments(sql, byId)]);
  }
  return new Map([...byId.values()].map((image) => [entityKeyText(image), image]));
}

const toImage = (row: Omit<EntityColumns, 'seq'>): StoredEntity => ({
  id: row.id,
  connection: row.connection,
  platform: row.platform,
  kind: row.kind,
  externalId: row.external_id,
  header: toHeader(row.header),
  source: row.source,
  sourceForm: row.source_form,
  sourceLines: row.source_lines,
  lastUpdatedAt: row.last_updated_at,
  comparedAt: row.compared_at,
  version: row.version,
  deletedAt: row.deleted_at,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  revision: row.revision,
  lines: new Map(),
  documents: new Map(),
});

async function addLines(sql: Sql, images: Map<string, EntityState>): Promise<void> {
  const rows = await sql.all<LineColumns>(
    `select l.entity_id, l.external_id, l.rank, l.content, l.source, l.source_form, l.last_updated_at, l.compared_at, l.version, l.removed_at
     from ${sql.dialect.rowsOf({ id: 'text' })} cross join lines l where l.entity_id = rows.id`,
    [rowsParameter([...images.keys()].map((id) => ({ id })))],
  );
  for (const row of rows.sort((a, b) => a.rank - b.rank)) images.get(row.entity_id)?.lines.set(row.external_id, toLine(row));
}

const toLine = (row: LineColumns): LineState => ({
  externalId: row.external_id,
  rank: row.rank,
  content: toLineContent(row.content),
  source: row.source,
  sourceForm: row.source_form,
  lastUpdatedAt: row.last_updated_at,
  comparedAt: row.compared_at,
  version: row.version,
  removedAt: row.removed_at,
});

async function addDocuments(sql: Sql, images: Map<string, EntityState>): Promise<void> {
  const rows = await sql.all<Pick<DocumentColumns, 'id' | 'entity_id' | 'announced' | 'superseded_by' | 'removed_at'>>(
    `select d.id, d.entity_id, d.announced, d.superseded_by, d.removed_at from ${sql.dialect.rowsOf({ id: 'text' })} cross join documents d where d.entity_id = rows.id`,
    [rowsParameter([...images.keys()].map((id) => ({ id })))],
  );
  for (const { id, entity_id, announced: text, superseded_by: supersededBy, removed_at: removedAt } of rows) {
    const announced = toAnnounced(text);
    images.get(entity_id)?.documents.set(documentIdentity(announced), { id, announced, supersededBy, removedAt, toFetch: false });
  }
}

const ENTITY = {
  id: 'text',
  connection: 'text',
  platform: 'text',
  kind: 'text',
  external_id: 'text',
  number: 'text',
  status: 'text',
  header: 'text',
  source: 'text',
  source_form: 'text',
  source_lines: 'text',
  last_updated_at: 'text',
  compared_at: 'text',
  version: 'integer',
  deleted_at: 'text',
  created_at: 'text',
  updated_at: 'text',
  revision: 'integer',
} as const;

/**
 * Writes entities as they are now, each with the revision it was read at (0: it is new). Throws `WriteConflict` when another transaction has
 * written or made one of them since.
 */
export async function upsertEntities(sql: Sql, entities: readonly { image: EntityState; revision: number }[]): Promise<void> {
  if (entities.length === 0) return;
  const rows = entities.map(({ image, revision }) => ({
    id: image.id,
    connection: image.connection,
    platform: image.platform,
    kind: image.kind,
    external_id: image.externalId,
    number: image.header.number,
    status: image.header.status,
    header: JSON.stringify(image.header),
    source: image.source,
    source_form: image.sourceForm,
    source_lines: image.sourceLines,
    last_updated_at: image.lastUpdatedAt,
    compared_at: image.comparedAt,
    version: image.version,
    deleted_at: image.deletedAt,
    created_at: image.createdAt,
    updated_at: image.updatedAt,
    revision,
  }));
  // Always in the same order: two transactions that make the same entities wait for each other at the first.
  rows.sort((a, b) => (entityOrder(a) < entityOrder(b) ? -1 : 1));
  const written = await sql.all(
    `insert into entities (${columnList(ENTITY)}) select ${columnList(ENTITY, 'rows.')} from ${sql.dialect.rowsOf(ENTITY)} where true
     on conflict (connection, kind, external_id) do update set number = excluded.number, status = excluded.status, header = excluded.header,
       source = excluded.source, source_form = excluded.source_form, source_lines = excluded.source_lines,
       last_updated_at = excluded.last_updated_at, compared_at = excluded.compared_at, version = excluded.version,
       deleted_at = excluded.deleted_at, updated_at = excluded.updated_at, revision = excluded.revision + 1
     where entities.id = excluded.id and entities.revision = excluded.revision returning 1 as written`,
    [rowsParameter(rows.map((row) => (isLarge(row.source) ? { ...row, source: null } : row)))],
  );
  if (written.length < rows.length) throw new WriteConflict('Another transaction has written an entity since it was read.');
  for (const { id, source } of rows) {
    if (isLarge(source)) await sql.all('update entities set source = ? where id = ?', [storableText(source), id]);
  }
}

const entityOrder = (row: { connection: string; kind: string; external_id: string }): string =>
  `${row.connection} ${row.kind} ${row.external_id}`;

const isLarge = (text: string | null): text is string => text !== null && text.length > LARGE_VALUE_BYTES;

const LINE = {
  entity_id: 'text',
  external_id: 'text',
  rank: 'integer',
  content: 'text',
  source: 'text',
  source_form: 'text',
  last_updated_at: 'text',
  compared_at: 'text',
  version: 'integer',
  removed_at: 'text',
} as const;

/** Writes the lines that were touched, each with the id of its entity. */
export async function upsertLines(sql: Sql, lines: readonly { entityId: string; line: LineState }[]): Promise<void> {
  const rows = lines.map(({ entityId, line }) => ({
    entity_id: entityId,
    external_id: line.externalId,
    rank: line.rank,
    content: JSON.stringify(line.content),
    source: line.source,
    source_form: line.sourceForm,
    last_updated_at: line.lastUpdatedAt,
    compared_at: line.comparedAt,
    version: line.version,
    removed_at: line.removedAt,
  }));
  for (const portion of inBatches(rows, (row) => row.content.length + row.source.length)) await writePortion(sql, portion);
}

async function writePortion(sql: Sql, rows: readonly object[]): Promise<void> {
  await sql.all(
    `insert into lines (${columnList(LINE)}) select ${columnList(LINE, 'rows.')} from ${sql.dialect.rowsOf(LINE)} where true
     on conflict (entity_id, external_id) do update set content = excluded.content, source = excluded.source, source_form = excluded.source_form,
       last_updated_at = excluded.last_updated_at, compared_at = excluded.compared_at, version = excluded.version, removed_at = excluded.removed_at`,
    [rowsParameter(rows)],
  );
}
