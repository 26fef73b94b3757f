import type { EntityKind, Header } from '../../domain/entities/entity.ts';
import { toAnnounced } from '../documents/row.ts';
import type { Sql } from '../engine/database.ts';
import { readLastSeq } from '../engine/ordered-rows.ts';
import { numberOf } from '../engine/rows.ts';
import type { SqlValue } from '../engine/sql-value.ts';
import { type Condition, contains, inScope, isOneOf, isText, where } from '../engine/where.ts';
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

/** How many entities that have the trigrams are searched for the words: reading one takes some 10 µs. */
const MOST_SEARCHED = 5000;
/** How many of the newest entities are searched before the others. */
const NEWEST = 2000;

export interface FoundPosition {
  seq: number;
  id: string;
}

/**
 * Entities that have all these trigrams and may contain all the words, newest first, from before entity position `before` (null: from the newest).
 * Among the newest `MOST_SEARCHED` that have the trigrams.
 */
export async function findByTrigrams(
  sql: Sql,
  { grams, words }: { grams: readonly string[]; words: readonly string[] },
  { before, limit }: { before: number | null; limit: number },
): Promise<FoundPosition[]> {
  const { key, match, between } = sql.dialect.trigrams;
  const end = before ?? (await newestPosition(sql)) + 1;
  const newest = await selectFound(sql, between(grams, { from: end - NEWEST, end }), words, limit);
  if (newest.length >= limit) return newest;
  const { text, binding } = match(grams);
  const condition = where([text, binding], [`${key} < ?`, end], inScope(sql, 'entities.connection'));
  const scoped = sql.scope ? ` join entities on entities.seq = ${key}` : '';
  const candidates = `select ${key} as seq from search_index${scoped} where ${condition.text} order by ${key} desc limit ${MOST_SEARCHED}`;
  return selectFound(sql, { text: candidates, bindings: condition.bindings }, words, limit);
}

const newestPosition = (sql: Sql): Promise<number> => readLastSeq(sql, 'search_index', sql.dialect.trigrams.key);

/** Up to `count` entities at equal distances between the oldest and the newest. */
export async function sampleEntities(sql: Sql, count: number): Promise<string[]> {
  const newest = await newestPosition(sql);
  const positions = Array.from({ length: count }, (_, index) => Math.floor(((index + 1) * newest) / (count + 1)));
  const condition = where(isOneOf('seq', [...new Set(positions)]));
  return (await sql.all<{ id: string }>(`select id from entities where ${condition.text}`, condition.bindings)).map(({ id }) => id);
}

/**
 * The sum in `order by` keeps PostgreSQL from reading all entities from the newest on, with the candidates' order, since it expects to find `limit` of
 * them soon: a second and more for a million. It reads the candidates first, by the trigram index if they are few.
 */
async function selectFound(
  sql: Sql,
  candidates: { text: string; bindings: readonly SqlValue[] },
  words: readonly string[],
  limit: number,
): Promise<FoundPosition[]> {
  const condition = where(inScope(sql, 'entities.connection'), ...words.map(mayContain));
  const rows = await sql.all<{ seq: number | string; id: string }>(
    `select entities.seq, entities.id from (${candidates.text}) as candidates join entities on entities.seq = candidates.seq
     where ${condition.text} order by candidates.seq + 0 desc limit ?`,
    [...candidates.bindings, ...condition.bindings, limit],
  );
  return rows.map((row) => ({ seq: numberOf(row.seq), id: row.id }));
}

/**
 * Only entities with this word somewhere in their columns: more than those that have it in a search term, never fewer. Columns contain JSON, where
 * quotes and backslashes are escaped, and the engines change the case of ASCII letters only: so the longest part without others is compared.
 */
function mayContain(word: string): Condition {
  const parts = word.match(/[\x20-\x7e]+/g)?.flatMap((part) => part.split(/["\\]/)) ?? [];
  const part = parts.reduce((longest, one) => (one.length > longest.length ? one : longest), '');
  if (part === '') return null;
  const found = TEXTS.map((column) => where(contains(column, part)));
  const announced = where(contains('announced', part));
  const texts = [...found.map(({ text }) => text), `exists (select 1 from documents where entity_id = entities.id and ${announced.text})`];
  return [`(${texts.join(' or ')})`, ...[...found, announced].flatMap(({ bindings }) => bindings)];
}

const TEXTS = ['number', 'external_id', 'header', 'lines'].map((column) => `entities.${column}`);

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
  const seqs = found.map((condition) => `select seq from deliveries where ${condition.text}`).join(' union all ');
  return sql.all<FoundDelivery>(
    `select id, connection, event_type as "eventType", event_id as "eventId", subject, received_at as "receivedAt" from deliveries
     where seq in (${seqs}) and ${visible.text} order by seq desc limit ?`,
    [...found.flatMap(({ bindings }) => bindings), ...visible.bindings, limit],
  );
}
