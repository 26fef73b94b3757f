import type { EntityKind, Header } from '../domain/entities/entity.ts';
import { type Json, objectAt, parseJson } from '../domain/values/json.ts';
import { type DocumentRow, readDocumentsOf } from '../store/documents/list.ts';
import type { Sql } from '../store/engine/database.ts';
import type { EntityRow } from '../store/entities/list.ts';
import { type LineRow, readLines } from '../store/entities/list-lines.ts';

/** The parts next to the header. */
export interface Parts {
  lines: boolean;
  /** `all`: including superseded and removed ones. */
  documents: boolean | 'all';
  source: boolean;
}

export const isRecord = (kind: EntityKind): boolean => kind !== 'order' && kind !== 'shipment';

const headerView = (header: Header): Header => ({
  number: header.number,
  status: header.status,
  currency: header.currency,
  buyer: header.buyer,
  supplier: header.supplier,
  total: header.total,
  orderedAt: header.orderedAt,
});

/** The header members of an order, shipment or record, in the order of the API. */
export const entityHead = (entity: EntityRow) => ({
  id: entity.id,
  connection: entity.connection,
  platform: entity.platform,
  ...(isRecord(entity.kind) ? { kind: entity.kind } : {}),
  externalId: entity.externalId,
  ...headerView(entity.header),
  lastUpdatedAt: entity.lastUpdatedAt,
  version: entity.version,
  deletedAt: entity.deletedAt,
  createdAt: entity.createdAt,
  updatedAt: entity.updatedAt,
});

type LineParts = Pick<LineRow, 'externalId' | 'content' | 'lastUpdatedAt' | 'version' | 'removedAt'>;

export const lineView = (line: LineParts) => ({
  externalId: line.externalId,
  position: line.content.position,
  item: line.content.item,
  description: line.content.description,
  quantity: line.content.quantity,
  unit: line.content.unit,
  status: line.content.status,
  price: line.content.price,
  deliverySchedule: line.content.deliverySchedule,
  lastUpdatedAt: line.lastUpdatedAt,
  version: line.version,
  removedAt: line.removedAt,
});

/** A document as shown in its order or shipment. */
export const attachedDocumentView = (document: DocumentRow) => ({
  id: document.id,
  name: document.name,
  contentType: document.contentType,
  bytes: document.bytes,
  sha256: document.sha256,
  state: document.state,
});

/** The same for lists that include documents that are no longer current. */
const anyDocumentView = (document: DocumentRow) => ({
  ...attachedDocumentView(document),
  supersededBy: document.supersededBy,
  removedAt: document.removedAt,
});

/** The platform's own JSON, with the current lines inserted where they belong. Some orders are known by their lines alone. */
function sourceView(entity: EntityRow, lines: readonly LineRow[]): Json {
  const source = entity.source === null ? null : parseJson(entity.source);
  if (entity.sourceLines === null) return source;
  const present = lines.filter((line) => line.removedAt === null && line.source !== null);
  if (source === null && present.length === 0) return null;
  return { ...objectAt(source), [entity.sourceLines]: present.map((line) => parseJson(line.source ?? 'null')) };
}

/** Entities with the requested parts; one statement per part, however many entities. */
export async function viewEntities(sql: Sql, entities: readonly EntityRow[], parts: Parts): Promise<object[]> {
  const ids = entities.filter((entity) => !isRecord(entity.kind)).map((entity) => entity.id);
  const lines = parts.lines || parts.source ? grouped(await readLines(sql, ids, parts.source)) : new Map<string, LineRow[]>();
  const documents = parts.documents
    ? grouped(await readDocumentsOf(sql, ids, parts.documents === 'all' ? 'all' : 'current'))
    : new Map<string, DocumentRow[]>();
  const viewDocument = parts.documents === 'all' ? anyDocumentView : attachedDocumentView;
  return entities.map((entity) => {
    const own = lines.get(entity.id) ?? [];
    const hasLines = !isRecord(entity.kind);
    return {
      ...entityHead(entity),
      ...(parts.lines && hasLines ? { lines: own.map(lineView) } : {}),
      ...(parts.documents && hasLines ? { documents: (documents.get(entity.id) ?? []).map(viewDocument) } : {}),
      ...(parts.source ? { source: sourceView(entity, own) } : {}),
    };
  });
}

function grouped<Row extends { entityId: string }>(rows: readonly Row[]): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const group = groups.get(row.entityId);
    if (group) group.push(row);
    else groups.set(row.entityId, [row]);
  }
  return groups;
}
