import type { EntityKind } from '../../domain/entities/entity.ts';
import type { Sql } from '../engine/database.ts';
import { readOldestFirst } from '../engine/ordered-rows.ts';
import { numberOf } from '../engine/rows.ts';
import { type Condition, equals, inScope, isOneOf, where } from '../engine/where.ts';
import { type DocumentColumns, toAnnounced } from './row.ts';

/** A document that an order or shipment announced; `bytes`, `sha256` and `contentType` are known once it is stored. */
export interface DocumentRow {
  seq: number;
  id: string;
  connection: string;
  entityId: string;
  kind: EntityKind;
  entityExternalId: string;
  line: string | null;
  name: string;
  code: string | null;
  revision: string | null;
  type: string | null;
  description: string | null;
  lastUpdatedAt: string | null;
  state: string;
  contentType: string | null;
  bytes: number | null;
  sha256: string | null;
  error: string | null;
  announcedAt: string;
  storedAt: string | null;
  /** The file name from the platform's response, once known. */
  filename: string | null;
  /** Id of the document that has replaced it. */
  supersededBy: string | null;
  removedAt: string | null;
}

type Row = Omit<DocumentColumns, 'tries' | 'next_attempt_at' | 'lease_until' | 'host'> & { kind: EntityKind; entity_external_id: string };

const COLUMNS = `documents.seq, documents.id, documents.connection, entity_id, entities.kind, entities.external_id as entity_external_id, line,
  announced, state, content_type, filename, bytes, sha256, error, announced_at, stored_at, superseded_by, removed_at`;
const TABLES = 'documents join entities on entities.id = documents.entity_id';
const SELECT = `select ${COLUMNS} from ${TABLES}`;

function fromRow(row: Row): DocumentRow {
  const announced = toAnnounced(row.announced);
  return {
    seq: numberOf(row.seq),
    id: row.id,
    connection: row.connection,
    entityId: row.entity_id,
    kind: row.kind,
    entityExternalId: row.entity_external_id,
    line: row.line,
    name: announced.name || row.filename || 'document',
    code: announced.code,
    revision: announced.revision,
    type: announced.type,
    description: announced.description,
    lastUpdatedAt: announced.lastUpdatedAt,
    state: row.state,
    contentType: row.content_type,
    bytes: row.bytes === null ? null : numberOf(row.bytes),
    sha256: row.sha256,
    error: row.error,
    announcedAt: row.announced_at,
    storedAt: row.stored_at,
    filename: row.filename,
    supersededBy: row.superseded_by,
    removedAt: row.removed_at,
  };
}

const CURRENT = 'superseded_by is null and removed_at is null';

/** The documents of these entities, in the order of their announcement: the current ones, or all that have ever been announced. */
export async function readDocumentsOf(
  sql: Sql,
  entityIds: readonly string[],
  which: 'current' | 'all' = 'current',
): Promise<DocumentRow[]> {
  if (entityIds.length === 0) return [];
  const condition = where(isOneOf('entity_id', entityIds), which === 'all' ? null : [CURRENT]);
  return (await sql.all<Row>(`${SELECT} where ${condition.text} order by documents.seq`, condition.bindings)).map(fromRow);
}

export interface DocumentFilter {
  order: string | null;
  shipment: string | null;
  connection: string | null;
  state: string | null;
  /** Includes those that were replaced or removed. */
  superseded: boolean;
}

export async function listDocuments(sql: Sql, filter: DocumentFilter, page: { after: number; limit: number }): Promise<DocumentRow[]> {
  const condition = where(
    isOf('order', filter.order),
    isOf('shipment', filter.shipment),
    inScope(sql, 'documents.connection'),
    equals('documents.connection', filter.connection),
    equals('state', filter.state),
    // There is an index of these.
    filter.state === null || HELD.includes(filter.state) ? null : [`state not in ('stored', 'empty')`],
    filter.superseded ? null : [CURRENT],
  );
  const query = { table: 'documents', columns: COLUMNS, from: TABLES, condition, isIndexed: false, ...page, upTo: null };
  return (await readOldestFirst<Row>(sql, query)).map(fromRow);
}

const HELD = ['stored', 'empty'];

const isOf = (kind: 'order' | 'shipment', id: string | null): Condition =>
  id === null ? null : ['entity_id in (select id from entities where id = ? and kind = ?)', id, kind];

export async function readDocument(sql: Sql, id: string): Promise<DocumentRow | null> {
  const condition = where(['documents.id = ?', id], inScope(sql, 'documents.connection'));
  const [row] = await sql.all<Row>(`${SELECT} where ${condition.text}`, condition.bindings);
  return row ? fromRow(row) : null;
}
