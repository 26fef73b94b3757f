import { ENTITY_KINDS } from '../domain/entities/entity.ts';
import { trigramsOf } from '../domain/values/trigrams.ts';
import type { Sql } from '../store/engine/database.ts';
import {
  type FoundDelivery,
  type FoundPosition,
  findByNumber,
  findByReference,
  findByTrigrams,
  findDeliveries,
  readSearchedEntities,
  type SearchedEntity,
  type SearchTerm,
  sampleEntities,
} from '../store/search/search.ts';
import { readNewestChanged, readSearchPosition } from '../store/search/search-index.ts';

/** A search result: its address, its title, and the field that matched. */
export interface SearchHit {
  kind: string;
  id: string;
  title: string;
  /** Path in the REST API. */
  href: string;
  connection: string;
  match: { field: string; text: string };
}

const MOST_CANDIDATES = 100;
/** How many feed entries the index may lag behind and still be used. */
const MOST_UNINDEXED = 300;
const PAGES = 3;

/** Orders, shipments, records and deliveries that contain the words, best matches first. `connections`: the configured ones. */
export async function search(sql: Sql, text: string, query: { connections: readonly string[]; limit: number }): Promise<SearchHit[]> {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [];
  const exact = [...(await findByNumber(sql, text, ENTITY_KINDS, query.connections))];
  const booked = await findByReference(sql, text);
  const recent = await readNewestChanged(sql, await readSearchPosition(sql), MOST_UNINDEXED);
  const hits = [
    ...(await readSearchedEntities(sql, booked)).map((entity) => entityHit(entity, { field: 'receipt', text }, EXACT)),
    ...(await scored(sql, [...new Set([...exact, ...recent])], text, words)),
    ...(await findIndexed(sql, text, words, query.limit)),
    ...(await findDeliveries(sql, text, query.limit)).map((delivery) => deliveryHit(delivery, text)),
  ];
  const best = new Map<string, Scored>();
  for (const hit of hits.sort((a, b) => b.score - a.score || b.seq - a.seq)) if (!best.has(hit.hit.href)) best.set(hit.hit.href, hit);
  return [...best.values()].slice(0, query.limit).map(({ hit }) => hit);
}

interface Scored {
  hit: SearchHit;
  score: number;
  seq: number;
}

/** Exact phrases first, then rows that contain each word somewhere. */
async function findIndexed(sql: Sql, text: string, words: readonly string[], limit: number): Promise<Scored[]> {
  const whole = trigramsOf(text);
  if (whole.length === 0) return [];
  const common = await readCommonTrigrams(sql);
  const find = (grams: readonly string[]) => findWithGrams(sql, leaveOut(common, grams), text, words, limit);
  const phrase = await find(whole);
  if (phrase.length >= limit || words.length === 1) return phrase;
  return [...phrase, ...(await find([...new Set(words.flatMap(trigramsOf))]))];
}

/**
 * Candidates have all the trigrams and the words in one of their columns; those that have a word in no search term are discarded, and more are read.
 */
async function findWithGrams(sql: Sql, grams: readonly string[], text: string, words: readonly string[], limit: number): Promise<Scored[]> {
  const found: Scored[] = [];
  if (grams.length === 0) return found;
  for (let page = 0, before: number | null = null; page < PAGES && found.length < limit; page++) {
    const candidates: FoundPosition[] = await findByTrigrams(sql, { grams, words }, { before, limit: MOST_CANDIDATES });
    const ids = candidates.map(({ id }) => id);
    found.push(...(await scored(sql, ids, text, words)));
    before = candidates.at(-1)?.seq ?? null;
    if (candidates.length < MOST_CANDIDATES) break;
  }
  return found;
}

/** How many entities tell which trigrams are common, at most and at least. */
const SAMPLED = { most: 20, least: 10 };

/**
 * The trigrams that all entities of a sample have; none if there are too few entities. The engines read the list of entities of each trigram, and with
 * a million stored such a list takes some 10 ms.
 */
async function readCommonTrigrams(sql: Sql): Promise<ReadonlySet<string>> {
  const sample = await readSearchedEntities(sql, await sampleEntities(sql, SAMPLED.most));
  if (sample.length < SAMPLED.least) return new Set();
  const known = sample.map(({ terms }) => new Set(terms.flatMap(({ text }) => trigramsOf(text))));
  return known.reduce((common, one) => common.intersection(one));
}

/** All trigrams if there are no others. */
function leaveOut(common: ReadonlySet<string>, grams: readonly string[]): readonly string[] {
  const rare = grams.filter((gram) => !common.has(gram));
  return rare.length > 0 ? rare : grams;
}

async function scored(sql: Sql, ids: readonly string[], text: string, words: readonly string[]): Promise<Scored[]> {
  return (await readSearchedEntities(sql, ids)).flatMap((entity) => {
    const best = bestMatch([...entity.terms, { field: 'id', text: entity.id }], text.toLowerCase(), words);
    return best ? [entityHit(entity, best.term, best.score)] : [];
  });
}

const EXACT = 100;
const WEIGHTS: Readonly<Record<SearchTerm['field'], number>> = {
  number: 9,
  externalId: 8,
  receipt: 7,
  id: 7,
  item: 5,
  document: 4,
  party: 3,
  position: 1,
};

/** The best matching term; null unless every word is in one of the terms. */
export function bestMatch(
  terms: readonly SearchTerm[],
  text: string,
  words: readonly string[],
): { term: SearchTerm; score: number } | null {
  const lower = terms.map((term) => ({ term, lower: term.text.toLowerCase() }));
  if (!words.every((word) => lower.some((one) => one.lower.includes(word)))) return null;
  const rated = lower.map((one) => ({ term: one.term, score: scoreOf(one.lower, text, words) + WEIGHTS[one.term.field] }));
  return rated.reduce((best, one) => (one.score > best.score ? one : best));
}

function scoreOf(term: string, text: string, words: readonly string[]): number {
  if (term === text) return EXACT;
  if (term.startsWith(text)) return 60;
  if (new RegExp(`(^|[^\\p{L}\\p{N}])${RegExp.escape(text)}`, 'u').test(term)) return 40;
  if (term.includes(text)) return 20;
  return words.some((word) => term.includes(word)) ? 10 : -EXACT;
}

const PLACES: Readonly<Record<string, string>> = { order: 'orders', shipment: 'shipments' };

function entityHit(entity: SearchedEntity, match: SearchTerm, score: number): Scored {
  const { id, kind, connection, header, externalId, seq } = entity;
  const parties = [header.buyer?.name, header.supplier?.name].filter(Boolean).join(' → ');
  const title = `${header.number ?? externalId}${parties === '' ? '' : ` · ${parties}`}`;
  return {
    hit: { kind, id, title, href: `/api/v1/${PLACES[kind] ?? 'records'}/${encodeURIComponent(id)}`, connection, match },
    score,
    seq,
  };
}

function deliveryHit(delivery: FoundDelivery, text: string): Scored {
  const { id, connection, eventType, eventId, subject, receivedAt } = delivery;
  const title = [eventType ?? 'notification', subject, receivedAt].filter(Boolean).join(' · ');
  const field = text === id ? 'id' : text === eventId ? 'eventId' : 'subject';
  return {
    hit: { kind: 'delivery', id, title, href: `/api/v1/deliveries/${id}`, connection, match: { field, text } },
    score: EXACT,
    seq: 0,
  };
}
