import type { EntityKind } from '../../domain/entities/entity.ts';
import type { EntityState } from '../../domain/entities/entity-state.ts';
import type { Sql } from '../engine/database.ts';
import { readOldestFirst } from '../engine/ordered-rows.ts';
import { numberOf } from '../engine/rows.ts';
import { type Condition, equals, inScope, isOneOf, where } from '../engine/where.ts';
import { unpackSources } from './line-values.ts';
import { type EntityColumns, toEntity } from './row.ts';

/** An order, shipment or record as stored; `source` is the platform's JSON text without the lines. */
export interface EntityRow extends Omit<EntityState, 'lines' | 'documents' | 'comparedAt' | 'sourceForm'> {
  seq: number;
}

export interface EntityFilter {
  /** Only these ids; null: all. */
  ids: readonly string[] | null;
  kinds: readonly EntityKind[];
  connection: string | null;
  status: string | null;
  number: string | null;
  updatedAfter: string | null;
}

const COLUMNS =
  'seq, id, connection, platform, kind, external_id, number, status, header, last_updated_at, version, deleted_at, created_at, updated_at';
const WITH_SOURCE = `${COLUMNS}, sources, source_lines`;

type Row = Omit<EntityColumns, 'sources' | 'source_form' | 'source_lines' | 'compared_at' | 'revision' | 'lines'> &
  Partial<Pick<EntityColumns, 'sources' | 'source_lines'>>;

const fromRow = async (row: Row): Promise<EntityRow> => ({
  ...toEntity(row),
  seq: numberOf(row.seq),
  source: row.sources ? (await unpackSources(row.sources)).own : null,
  sourceLines: row.source_lines ?? null,
});

const wanted = (sql: Sql, filter: EntityFilter): Condition[] => [
  inScope(sql, 'entities.connection'),
  isOneOf('entities.id', filter.ids),
  isOneOf('entities.kind', filter.kinds),
  equals('entities.connection', filter.connection),
  equals('entities.status', filter.status),
  equals('entities.number', filter.number),
  filter.updatedAfter === null ? null : ['entities.updated_at > ?', filter.updatedAfter],
];

const inOrder = (sql: Sql, filter: EntityFilter) => ({
  table: 'entities',
  condition: where(...wanted(sql, filter)),
  isIndexed: isIndexed(sql, filter),
});

/** Few have a number or an id, and there is an index by kind, status and position. */
const isIndexed = ({ scope }: Sql, { ids, number, kinds, connection, updatedAfter }: EntityFilter): boolean =>
  ids !== null || number !== null || (kinds.length === 1 && connection === null && updatedAfter === null && !scope?.connections);

/** Entities after position `after` (their own sequence) up to `upTo`, oldest first. */
export async function listEntities(
  sql: Sql,
  filter: EntityFilter,
  page: { after: number; upTo?: number; limit: number; withSource: boolean },
): Promise<EntityRow[]> {
  const columns = page.withSource ? WITH_SOURCE : COLUMNS;
  const rows = await readOldestFirst<Row>(sql, { ...inOrder(sql, filter), columns, ...page, upTo: page.upTo ?? null });
  return Promise.all(rows.map(fromRow));
}

/** Approximate bytes of the members that every entity, line and document has, besides their values. */
const ENTITY_BYTES = 900;
const LINE_BYTES = 650;
const DOCUMENT_BYTES = 350;

/** Expression for the approximate size of the JSON of the lines in a row of `entities`. */
export const lineBytes = (table: string): string => `(coalesce(octet_length(${table}.lines), 0) + ${LINE_BYTES} * ${table}.line_count)`;

/** The approximate sizes of the JSON of entities after position `after`: neither engine reads the content for that. */
export async function listEntitySizes(
  sql: Sql,
  filter: EntityFilter,
  page: { after: number; limit: number },
  parts: { lines: boolean; documents: boolean | 'all'; source: boolean },
): Promise<{ position: string; bytes: number }[]> {
  const bytes = [
    `${ENTITY_BYTES} + octet_length(header)`,
    ...(parts.lines ? [lineBytes('entities')] : []),
    ...(parts.source ? ['source_bytes'] : []),
    ...(parts.documents ? [`${DOCUMENT_BYTES} * (select count(*) from documents where documents.entity_id = entities.id)`] : []),
  ].join(' + ');
  const columns = `seq, ${bytes} as bytes`;
  const rows = await readOldestFirst<{ seq: number | string; bytes: number | string }>(sql, {
    ...inOrder(sql, filter),
    columns,
    ...page,
    upTo: null,
  });
  return rows.map((row) => ({ position: String(row.seq), bytes: numberOf(row.bytes) }));
}

/** Entities by their id. */
export async function readEntities(sql: Sql, ids: readonly string[]): Promise<Map<string, EntityRow>> {
  const condition = where(isOneOf('id', ids), inScope(sql, 'connection'));
  const rows = await sql.all<Row>(`select ${COLUMNS} from entities where ${condition.text}`, condition.bindings);
  return new Map(await Promise.all(rows.map(async (row) => [row.id, await fromRow(row)] as const)));
}

export async function readEntity(sql: Sql, kinds: readonly EntityKind[], id: string): Promise<EntityRow | null> {
  const condition = where(['id = ?', id], isOneOf('kind', kinds), inScope(sql, 'connection'));
  const [row] = await sql.all<Row>(`select ${WITH_SOURCE} from entities where ${condition.text}`, condition.bindings);
  return row ? fromRow(row) : null;
}

export async function readEntityByExternalId(
  sql: Sql,
  connection: string,
  kind: EntityKind,
  externalId: string,
): Promise<EntityRow | null> {
  const condition = where(['connection = ? and kind = ? and external_id = ?', connection, kind, externalId], inScope(sql, 'connection'));
  const [row] = await sql.all<Row>(`select ${WITH_SOURCE} from entities where ${condition.text}`, condition.bindings);
  return row ? fromRow(row) : null;
}
