import type { EntityKind, Header } from '../../domain/entity.ts';
import type { EntityState } from '../../domain/entity-state.ts';
import type { Sql } from '../engine/database.ts';
import { numberOf } from '../engine/rows.ts';
import { equals, inScope, isOneOf, where } from '../engine/where.ts';

/** An order, shipment or record as it is held; `source` is the platform's JSON text without the lines. */
export interface EntityRow extends Omit<EntityState, 'lines' | 'documents' | 'comparedAt' | 'sourceForm'> {
  seq: number;
}

export interface EntityFilter {
  kinds: readonly EntityKind[];
  connection: string | null;
  status: string | null;
  number: string | null;
  updatedAfter: string | null;
}

const COLUMNS = 'seq, id, connection, platform, kind, external_id, header, last_updated_at, version, deleted_at, created_at, updated_at';
const WITH_SOURCE = `${COLUMNS}, source, source_lines`;

interface Row {
  seq: number | string;
  id: string;
  connection: string;
  platform: string;
  kind: EntityKind;
  external_id: string;
  header: string;
  source?: string | null;
  source_lines?: string | null;
  last_updated_at: string | null;
  version: number;
  deleted_at: string | null;
  created_at: string;
  updated_at: string;
}

const fromRow = (row: Row): EntityRow => ({
  seq: numberOf(row.seq),
  id: row.id,
  connection: row.connection,
  platform: row.platform,
  kind: row.kind,
  externalId: row.external_id,
  header: JSON.parse(row.header) as Header,
  source: row.source ?? null,
  sourceLines: row.source_lines ?? null,
  lastUpdatedAt: row.last_updated_at,
  version: numberOf(row.version),
  deletedAt: row.deleted_at,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
});

/** Entities after position `after` (their own sequence), oldest first. */
export async function listEntities(
  sql: Sql,
  filter: EntityFilter,
  page: { after: number; limit: number; withSource: boolean },
): Promise<EntityRow[]> {
  const asked = where(
    isOneOf('kind', filter.kinds),
    inScope(sql, 'connection'),
    equals('connection', filter.connection),
    equals('status', filter.status),
    equals('number', filter.number),
    filter.updatedAfter === null ? null : ['updated_at > ?', filter.updatedAfter],
    ['seq > ?', page.after],
  );
  const columns = page.withSource ? WITH_SOURCE : COLUMNS;
  const rows = await sql.all<Row>(`select ${columns} from entities where ${asked.text} order by seq limit ?`, [
    ...asked.bindings,
    page.limit,
  ]);
  return rows.map(fromRow);
}

export async function readEntity(sql: Sql, kinds: readonly EntityKind[], id: string): Promise<EntityRow | null> {
  const asked = where(['id = ?', id], isOneOf('kind', kinds), inScope(sql, 'connection'));
  const [row] = await sql.all<Row>(`select ${WITH_SOURCE} from entities where ${asked.text}`, asked.bindings);
  return row ? fromRow(row) : null;
}

export async function readEntityByExternalId(
  sql: Sql,
  connection: string,
  kind: EntityKind,
  externalId: string,
): Promise<EntityRow | null> {
  const asked = where(['connection = ? and kind = ? and external_id = ?', connection, kind, externalId], inScope(sql, 'connection'));
  const [row] = await sql.all<Row>(`select ${WITH_SOURCE} from entities where ${asked.text}`, asked.bindings);
  return row ? fromRow(row) : null;
}
