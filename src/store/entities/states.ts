import { documentIdentity } from '../../domain/entities/document-identity.ts';
import type { EntityKind } from '../../domain/entities/entity.ts';
import type { EntityState } from '../../domain/entities/entity-state.ts';
import { createTurn } from '../../domain/turn.ts';
import { type DocumentColumns, toAnnounced } from '../documents/row.ts';
import { pipelined, type Sql, WriteConflict } from '../engine/database.ts';
import { columnList, inBatches, LARGE_VALUE_BYTES, placed, rowsParameter, storableText } from '../engine/rows.ts';
import { headerValues } from './content-values.ts';
import { lineValues, packSources, toLines, unpackSources } from './line-values.ts';
import { type EntityColumns, toEntity } from './row.ts';

export interface EntityKey {
  connection: string;
  kind: EntityKind;
  externalId: string;
}

export const entityKeyText = (key: EntityKey): string => `${key.connection} ${key.kind} ${key.externalId}`;

/** An entity as it was read: `revision` counts its writes so far. */
export type StoredEntity = EntityState & { revision: number };

/**
 * The entities stored under these keys, with all their lines and documents. `lock`: they cannot be changed by others until the transaction ends, on
 * engines that allow several writers; locked in the order of their creation, so that two transactions never deadlock.
 */
export async function readStates(sql: Sql, keys: readonly EntityKey[], lock = false): Promise<Map<string, StoredEntity>> {
  if (keys.length === 0) return new Map();
  const keyRows = rowsParameter(keys.map((key) => ({ connection: key.connection, kind: key.kind, external_id: key.externalId })));
  const ofKeys = `from ${sql.dialect.rowsOf({ connection: 'text', kind: 'text', external_id: 'text' })} cross join entities e`;
  const byKey = 'e.connection = rows.connection and e.kind = rows.kind and e.external_id = rows.external_id';
  const rows = await sql.all<StateColumns>(
    `select ${STATE_COLUMNS} ${ofKeys} where ${byKey} ${lock ? `order by e.seq ${sql.dialect.lockRows('e')}` : ''}`,
    [keyRows],
  );
  const images = await Promise.all(rows.map(toImage));
  if (images.length > 0) await addDocuments(sql, new Map(images.map((image) => [image.id, image])));
  return new Map(images.map((image) => [entityKeyText(image), image]));
}

const STATE_COLUMNS = `e.id, e.connection, e.platform, e.kind, e.external_id, e.number, e.status, e.header, e.source_form, e.source_lines, e.last_updated_at,
  e.compared_at, e.version, e.deleted_at, e.created_at, e.updated_at, e.revision, e.lines, e.sources`;

type StateColumns = Omit<EntityColumns, 'seq'>;

async function toImage(row: StateColumns): Promise<StoredEntity> {
  const sources = await unpackSources(row.sources);
  return {
    ...toEntity(row),
    source: sources.own,
    sourceForm: row.source_form,
    sourceLines: row.source_lines,
    comparedAt: row.compared_at,
    revision: row.revision,
    lines: new Map(toLines(row).map((line) => [line.externalId, { ...line, source: sources.lines[line.rank] ?? 'null' }])),
    documents: new Map(),
  };
}

async function addDocuments(sql: Sql, images: Map<string, EntityState>): Promise<void> {
  const rows = await sql.all<Pick<DocumentColumns, 'id' | 'entity_id' | 'announced' | 'superseded_by' | 'removed_at'>>(
    `select d.id, d.entity_id, d.announced, d.superseded_by, d.removed_at from ${sql.dialect.rowsOf({ id: 'text' })} cross join documents d where d.entity_id = rows.id`,
    [rowsParameter([...images.keys()].map((id) => ({ id })))],
  );
  const turn = createTurn();
  for (const { id, entity_id, announced: text, superseded_by: supersededBy, removed_at: removedAt } of rows) {
    await turn.pauseIfLong();
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
  header: 'json',
  source_form: 'text',
  source_lines: 'text',
  last_updated_at: 'text',
  compared_at: 'text',
  version: 'integer',
  deleted_at: 'text',
  created_at: 'text',
  updated_at: 'text',
  revision: 'integer',
  lines: 'json',
  line_count: 'integer',
  source_bytes: 'integer',
} as const;
const PLACED = { at: 'integer', bytes: 'integer' } as const;

/**
 * The rows of entities in their current state, with their lines, each with the revision at which it was read (0: it is new). Packing takes several
 * turns of the event loop: await it before the transaction's statements are pipelined, since these are sent in the order in which they are ready.
 */
export async function packEntities(entities: readonly { image: EntityState; revision: number }[]): Promise<readonly NewRow[]> {
  // Always in the same order: two transactions that create the same entities wait for each other at the first.
  const sorted = [...entities].sort((a, b) => (entityKeyText(a.image) < entityKeyText(b.image) ? -1 : 1));
  return Promise.all(sorted.map(({ image, revision }) => newRow(image, revision)));
}

/** Writes the rows of `packEntities`. Throws `WriteConflict` if another transaction has written or created one of them since they were read. */
export async function upsertEntities(sql: Sql, rows: readonly NewRow[]): Promise<void> {
  const portions = inBatches(rows, (row) => ROW_BYTES + contentBytes(row) + row.packed.length);
  await pipelined(
    sql,
    portions.map((portion) => () => writePortion(sql, portion)),
  );
}

type NewRow = Awaited<ReturnType<typeof newRow>>;

async function newRow(image: EntityState, revision: number) {
  const owner = { external_id: image.externalId, last_updated_at: image.lastUpdatedAt, source_form: image.sourceForm };
  const lines = [...image.lines.values()];
  const sources = await packSources({ own: image.source, lines: lines.map(({ source }) => source) });
  return {
    ...owner,
    id: image.id,
    connection: image.connection,
    platform: image.platform,
    kind: image.kind,
    number: image.header.number,
    status: image.header.status,
    header: headerValues(image.header),
    source_lines: image.sourceLines,
    compared_at: image.comparedAt,
    version: image.version,
    deleted_at: image.deletedAt,
    created_at: image.createdAt,
    updated_at: image.updatedAt,
    revision,
    lines: lines.length === 0 ? null : lineValues(owner, lines),
    line_count: lines.length,
    source_bytes: sources?.bytes ?? 0,
    packed: sources?.packed ?? NO_BYTES,
  };
}

const NO_BYTES = Buffer.alloc(0);
/** Approximate bytes of an entity's row, and of each of its lines. */
const ROW_BYTES = 1000;
const LINE_BYTES = 250;
/** An order's content usually has a sixth of the bytes of its own JSON; with long texts nearly all of them. */
const SOURCE_SHARE = 4;

const contentBytes = ({ line_count, source_bytes }: NewRow): number => Math.max(line_count * LINE_BYTES, source_bytes / SOURCE_SHARE);

async function writePortion(sql: Sql, portion: readonly NewRow[]): Promise<void> {
  const [only] = portion;
  // The lines of a large entity are bound separately: within the JSON of its row they would be in memory several times.
  const isLarge = only !== undefined && portion.length === 1 && contentBytes(only) > LARGE_VALUE_BYTES;
  const { rows, bytes } = placed(isLarge ? [{ ...only, lines: null }] : portion);
  const written = await sql.all(
    `insert into entities (${columnList(ENTITY)}, sources)
     select ${columnList(ENTITY, 'rows.')}, case when rows.bytes > 0 then ${sql.dialect.slice} end
     from ${sql.dialect.rowsOf({ ...ENTITY, ...PLACED })} where true
     on conflict (connection, kind, external_id) do update set number = excluded.number, status = excluded.status, header = excluded.header,
       source_form = excluded.source_form, source_lines = excluded.source_lines, last_updated_at = excluded.last_updated_at,
       compared_at = excluded.compared_at, version = excluded.version, deleted_at = excluded.deleted_at, updated_at = excluded.updated_at,
       revision = excluded.revision + 1, lines = excluded.lines, line_count = excluded.line_count, source_bytes = excluded.source_bytes,
       sources = excluded.sources
     where entities.id = excluded.id and entities.revision = excluded.revision returning 1 as written`,
    [bytes, rowsParameter(rows)],
  );
  if (written.length < rows.length) throw new WriteConflict('Another transaction has written an entity since it was read.');
  if (isLarge) await sql.all('update entities set lines = ? where id = ?', [storableText(JSON.stringify(only.lines)), only.id]);
}
