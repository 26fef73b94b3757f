import { createHash } from 'node:crypto';
import { RemoteFailure } from '../../domain/errors.ts';
import { isObject, type Json, type JsonObject, listAt, objectAt, textAt } from '../../domain/json.ts';
import { readTime } from '../../domain/time.ts';
import type { ListPosition, ListStream, ResourcePage } from '../contract/api.ts';
import type { ApiClient } from './client/client.ts';
import type { OrdermentumKind } from './events.ts';
import { isWhole } from './read/resource.ts';

/** What the vendor's own SDK asks for; a larger size is nowhere promised. */
export const PAGE_SIZE = 50;
/** Rows of a transaction that was committed a little after a newer one. */
const OVERLAP_MS = 2 * 60_000;
/** A list that never comes to rest is left after this many readings, and the next run then begins that much earlier. */
const MAX_PASSES = 5;
const RESTLESS_OVERLAP_MS = 24 * 60 * 60_000;

interface List {
  kind: OrdermentumKind;
  path: string;
  budget: string;
  /** Answers which say that an account has no such list: then there is nothing to compare. */
  absentOn: readonly number[];
}

const lists: Record<string, List> = {
  orders: { kind: 'order', path: '/v2/orders', budget: 'order-search', absentOn: [] },
  invoices: { kind: 'invoice', path: '/v2/invoices', budget: 'invoice-read', absentOn: [404] },
  purchasers: { kind: 'purchaser', path: '/v1/purchasers', budget: 'purchaser-read', absentOn: [404] },
  // Beta, and not in the public pages (2026-11): the vendor's SDK knows the list, and always names a purchaser.
  'credit-notes': { kind: 'credit-note', path: '/v1/credit-notes', budget: 'credit-note-read', absentOn: [400, 403, 404] },
};

export const streams: readonly ListStream[] = Object.entries(lists).map(([name, { kind }]) => ({ name, kinds: [kind], incremental: true }));

/** Where a run stands: `fresh` when this pass has brought a row that no pass before had. */
interface Place {
  pageNo: number;
  pass: number;
  greatest: string | null;
  fresh: boolean;
}

/** What this process remembers of a run through one list: row id → its state. */
interface Memory {
  given: Map<string, string>;
  /** The page given last: its rows count as given once a page behind it is asked for. A page that is asked for again was broken off. */
  last: { page: string | null; rows: Map<string, string> };
}

/**
 * Reads a list page by page. Pages are offsets, so a row that is updated meanwhile moves others across page borders, and one can slip
 * through unseen. A list of more than one page is therefore read again until a pass brings nothing that was not given before; rows
 * already given are left out, as far as this process remembers the run (forgetting costs a repetition, no row).
 */
export function createLists(client: ApiClient): (stream: string, start: ListPosition) => Promise<ResourcePage> {
  const memories = new Map<string, Memory>();
  return async (stream, start) => {
    const list = lists[stream];
    if (!list) throw new Error(`Ordermentum has no list ${stream}`);
    const memory = recall(memories.get(stream), start.page);
    memories.set(stream, memory);
    const place = readPlace(start.page);
    const query = { ...windowOf(start), supplierId: client.api.supplierId, pageSize: PAGE_SIZE, pageNo: place.pageNo };
    const call = client.json({ method: 'GET', path: list.path, query, budgets: [list.budget], priority: 'reconcile' });
    const answer = await (start.page === null ? call.catch((error: unknown) => emptyWhereAbsent(list, error)) : call);
    const page = readListPage(answer, place.pageNo);
    const fresh = page.rows.filter((row) => isNew(row, memory));
    const here = { ...place, greatest: greatestOf(place.greatest, page.rows), fresh: place.fresh || fresh.length > 0 };
    const next = nextPlace(here, page.more);
    return {
      records: fresh.map((row) => recordOf(list.kind, row)),
      next: next === null ? null : JSON.stringify(next),
      watermark: next === null && here.fresh && here.pass === MAX_PASSES ? heldBack(here.greatest, start.watermark) : here.greatest,
      total: page.total,
    };
  };
}

function emptyWhereAbsent({ absentOn }: List, error: unknown): Json {
  if (error instanceof RemoteFailure && absentOn.includes(error.status)) return [];
  throw error;
}

function recall(known: Memory | undefined, page: string | null): Memory {
  if (page === null || !known) return { given: new Map(), last: { page, rows: new Map() } };
  if (page !== known.last.page) for (const [id, state] of known.last.rows) known.given.set(id, state);
  return { given: known.given, last: { page, rows: new Map() } };
}

function recordOf(kind: OrdermentumKind, row: JsonObject): ResourcePage['records'][number] {
  const record = { subject: { kind, externalId: textAt(row.id) ?? '' }, text: JSON.stringify(row) };
  return isWhole(kind, row) ? record : { ...record, partial: true };
}

const readPlace = (page: string | null): Place =>
  page === null ? { pageNo: 1, pass: 1, greatest: null, fresh: false } : (JSON.parse(page) as Place);

/** A single page is read in one moment and needs no second pass. */
function nextPlace(here: Place, more: boolean): Place | null {
  if (more) return { ...here, pageNo: here.pageNo + 1 };
  const quiet = here.pass > 1 && !here.fresh;
  if (here.pageNo === 1 || quiet || here.pass >= MAX_PASSES) return null;
  return { pageNo: 1, pass: here.pass + 1, greatest: here.greatest, fresh: false };
}

function windowOf(start: ListPosition): Record<string, string> {
  const from = shiftTime(start.watermark, -OVERLAP_MS) ?? readTime(start.since);
  return from === null ? {} : { 'updatedAt[gte]': from };
}

function shiftTime(time: string | null, byMs: number): string | null {
  const known = readTime(time);
  return known === null ? null : new Date(Date.parse(known) + byMs).toISOString();
}

function isNew(row: JsonObject, { given, last }: Memory): boolean {
  const id = textAt(row.id);
  if (id === null) return false;
  const state = textAt(row.updatedAt) ?? createHash('sha256').update(JSON.stringify(row)).digest('hex');
  if (given.get(id) === state || last.rows.get(id) === state) return false;
  last.rows.set(id, state);
  return true;
}

/** The newest `updatedAt` received, as the platform wrote it. */
function greatestOf(greatest: string | null, rows: JsonObject[]): string | null {
  return rows.reduce((newest, row) => {
    const time = readTime(row.updatedAt);
    return time !== null && time > (readTime(newest) ?? '') ? textAt(row.updatedAt) : newest;
  }, greatest);
}

function heldBack(greatest: string | null, watermark: string | null): string | null {
  const back = shiftTime(greatest, -RESTLESS_OVERLAP_MS);
  const before = readTime(watermark);
  return back !== null && before !== null && back < before ? watermark : back;
}

export interface ListPage {
  rows: JsonObject[];
  more: boolean;
  total: number | null;
}

/**
 * `meta.totalPages` and `links.next` where they are sent (the example of `/v2/orders` has neither), the number of results where it tells of
 * more, else a short page is the last. An empty page always is.
 */
export function readListPage(answer: Json, pageNo: number): ListPage {
  const document = objectAt(answer);
  const rows = (Array.isArray(answer) ? answer : listAt(document.data)).filter(isObject);
  const meta = objectAt(document.meta);
  const total = numberAt(meta.totalResults);
  return { rows, total, more: rows.length > 0 && tellsMore(document, meta, rows.length, pageNo) };
}

function tellsMore(document: JsonObject, meta: JsonObject, count: number, pageNo: number): boolean {
  const totalPages = numberAt(meta.totalPages);
  if (totalPages !== null) return pageNo < totalPages;
  if (isObject(document.links) && 'next' in document.links) return textAt(document.links.next) !== null;
  const pageSize = numberAt(meta.pageSize) ?? PAGE_SIZE;
  const total = numberAt(meta.totalResults);
  return count >= pageSize || (total !== null && pageNo * pageSize < total);
}

function numberAt(value: unknown): number | null {
  const text = textAt(value);
  return text === null || !/^\d+$/.test(text) ? null : Number(text);
}
