import type { EntityKind, Header } from '../../domain/entities/entity.ts';
import { toAnnounced } from '../documents/row.ts';
import type { Sql } from '../engine/database.ts';
import { numberOf } from '../engine/rows.ts';
import type { SqlValue } from '../engine/sql-value.ts';
import { inScope, isOneOf, isText, where } from '../engine/where.ts';
import { toHeader } from '../entities/content-values.ts';
import { readLines } from '../entities/list-lines.ts';
import type { EntityColumns } from '../entities/row.ts';

/** A search term of an entity. */
export interface SearchTerm {
  field: 'number' | 'externalId' | 'item' | 'position' | 'party' | 'document' | 'receipt' | 'id';
  text: string;
}

export interface SearchedEntity {
  seq: number;
  id: string;
  kind: EntityKind;
  connection: string;
  externalId: string;
  header: Header;
  terms: SearchTerm[];
}

type Row = Pick<EntityColumns, 'seq' | 'id' | 'kind' | 'connection' | 'external_id' | 'number' | 'status' | 'header'>;

/** Entities with all their search terms, including removed lines. */
export async function readSearchedEntities(sql: Sql, ids: readonly string[]): Promise<SearchedEntity[]> {
  if (ids.length === 0) return [];
  const condition = where(isOneOf('id', ids), inScope(sql, 'connection'));
  const rows = await sql.all<Row>(
    `select seq, id, kind, connection, external_id, number, status, header from entities where ${condition.text}`,
    condition.bindings,
  );
  const entities = new Map(rows.map((row) => [row.id, toEntity(row)]));
  for (const { entityId, content } of await readLines(sql, [...entities.keys()], false)) {
    const { position, item, description } = content;
    addTerms(entities.get(entityId), 'position', [position]);
    addTerms(entities.get(entityId), 'item', [item?.number, item?.supplierNumber, item?.name, description]);
  }
  for (const { entity_id, announced } of await readAnnounced(sql, [...entities.keys()])) {
    const { name, code } = toAnnounced(announced);
    addTerms(entities.get(entity_id), 'document', [name, code]);
  }
  return [...entities.values()];
}

async function readAnnounced(sql: Sql, ids: readonly string[]): Promise<{ entity_id: string; announced: string }[]> {
  if (ids.length === 0) return [];
  const condition = where(isOneOf('entity_id', ids));
  return sql.all(`select entity_id, announced from documents where ${condition.text}`, condition.bindings);
}

function toEntity(row: Row): SearchedEntity {
  const header = toHeader(row);
  const { id, kind, connection, external_id: externalId } = row;
  const entity: SearchedEntity = { seq: numberOf(row.seq), id, kind, connection, externalId, header, terms: [] };
  addTerms(entity, 'number', [header.number]);
  addTerms(entity, 'externalId', [externalId]);
  for (const party of [header.buyer, header.supplier]) addTerms(entity, 'party', [party?.name, party?.id]);
  return entity;
}

function addTerms(entity: SearchedEntity | undefined, field: SearchTerm['field'], texts: readonly (string | null | undefined)[]): void {
  for (const text of texts) if (text) entity?.terms.push({ field, text });
}

/** Entities that have all these trigrams, before entity position `before` (null: from the newest), newest first. */
export async function findByTrigrams(
  sql: Sql,
  grams: readonly string[],
  page: { before: number | null; limit: number },
): Promise<FoundPosition[]> {
  const { window } = sql.dialect.trigrams;
  if (window !== null) {
    const recent = await findInWindow(sql, grams, page, window);
    if (recent.length >= page.limit) return recent;
  }
  const { key, match } = sql.dialect.trigrams;
  const { text, binding } = match(grams);
  const condition = where([text, binding], page.before === null ? null : [`${key} < ?`, page.before], inScope(sql, 'entities.connection'));
  return selectFound(sql, `search_index join entities on entities.seq = ${key} where ${condition.text} order by ${key} desc limit ?`, [
    ...condition.bindings,
    page.limit,
  ]);
}

export interface FoundPosition {
  seq: number;
  id: string;
}

/** The same, only among the newest rows. `offset 0` prevents the engine from using the trigram index all the same. */
async function findInWindow(
  sql: Sql,
  grams: readonly string[],
  page: { before: number | null; limit: number },
  window: number,
): Promise<FoundPosition[]> {
  const { text, binding } = sql.dialect.trigrams.match(grams);
  const [newest] = await sql.all<{ seq: number | string | null }>('select max(seq) as seq from search_index');
  const before = page.before ?? numberOf(newest?.seq) + 1;
  const condition = where([text, binding], inScope(sql, 'entities.connection'));
  return selectFound(
    sql,
    `(select seq, grams from search_index where seq < ? and seq >= ? offset 0) as recent join entities on entities.seq = recent.seq
     where ${condition.text} order by recent.seq desc limit ?`,
    [before, before - window, ...condition.bindings, page.limit],
  );
}

async function selectFound(sql: Sql, from: string, bindings: readonly SqlValue[]): Promise<FoundPosition[]> {
  const rows = await sql.all<{ seq: number | string; id: string }>(`select entities.seq, entities.id from ${from}`, bindings);
  return rows.map((row) => ({ seq: numberOf(row.seq), id: row.id }));
}

/** Entities with exactly this number, or with exactly this id of ours or of their platform. */
export async function findByNumber(sql: Sql, text: string, kinds: readonly string[], connections: readonly string[]): Promise<string[]> {
  const statements: string[] = [];
  const bindings: SqlValue[] = [];
  for (const condition of [
    where(isOneOf('kind', kinds), ['number = ?', text]),
    where(isOneOf('connection', connections), isOneOf('kind', kinds), ['external_id = ?', text]),
    where(['id = ?', text]),
  ]) {
    statements.push(`select * from (select id from entities where ${condition.text} limit 20) as found${statements.length}`);
    bindings.push(...condition.bindings);
  }
  return (await sql.all<{ id: string }>(statements.join(' union '), bindings)).map((row) => row.id);
}

/** Entities whose changes a consumer has booked or rejected with this reference. */
export async function findByReference(sql: Sql, reference: string): Promise<string[]> {
  const rows = await sql.all<{ id: string }>(
    `select distinct changes.entity_id as id from receipts join changes on changes.seq = receipts.change_seq where receipts.reference = ? limit 20`,
    [reference],
  );
  return rows.map((row) => row.id);
}

export interface FoundDelivery {
  id: string;
  connection: string;
  eventType: string | null;
  eventId: string | null;
  subject: string | null;
  receivedAt: string;
}

/** Deliveries with exactly this id, event id or resource, newest first. */
export async function findDeliveries(sql: Sql, text: string, limit: number): Promise<FoundDelivery[]> {
  const visible = where(inScope(sql, 'connection'));
  const isEvent = isText(sql, 'event_id', text);
  const found = [
    where(['id = ?', text]),
    where(isEvent, ['finished_at is not null']),
    where(isEvent, [`state in ('pending', 'working')`]),
    where(isText(sql, 'subject', text), ['finished_at is not null']),
  ];
  const seqs = found.map((condition) => `select seq from deliveries where ${condition.text}`).join(' union ');
  return sql.all<FoundDelivery>(
    `select id, connection, event_type as "eventType", event_id as "eventId", subject, received_at as "receivedAt" from deliveries
     where seq in (${seqs}) and ${visible.text} order by seq desc limit ?`,
    [...found.flatMap(({ bindings }) => bindings), ...visible.bindings, limit],
  );
}
