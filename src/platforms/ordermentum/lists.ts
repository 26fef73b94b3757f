import { createHash } from 'node:crypto';
import { z } from 'zod';
import { RemoteFailure } from '../../domain/errors.ts';
import { type Json, type JsonObject, listAt, objectAt, textAt } from '../../domain/values/json.ts';
import { isReported, readTime } from '../../domain/values/time.ts';
import { type AnswerTime, believedTime } from '../contract/answer-time.ts';
import type { ListPosition, ListStream, ResourcePage } from '../contract/api.ts';
import type { ApiClient } from './client/client.ts';
import type { OrdermentumKind } from './events.ts';
import { isWhole } from './read/resource.ts';

/** The size that the vendor's own SDK requests; larger ones are undocumented. */
export const PAGE_SIZE = 50;
/** Covers rows of a transaction that was committed shortly after a newer one. */
const OVERLAP_MS = 2 * 60_000;
/** A list that keeps changing is abandoned after this many passes, and the next run then starts that much earlier. */
const MAX_PASSES = 5;
const RESTLESS_OVERLAP_MS = 24 * 60 * 60_000;

interface List {
  kind: OrdermentumKind;
  path: string;
  budget: string;
  /** Response statuses of accounts that lack this list, so that there is nothing to compare. */
  absentOn: readonly number[];
}

const lists: Record<string, List> = {
  orders: { kind: 'order', path: '/v2/orders', budget: 'order-search', absentOn: [] },
  invoices: { kind: 'invoice', path: '/v2/invoices', budget: 'invoice-read', absentOn: [404] },
  purchasers: { kind: 'purchaser', path: '/v1/purchasers', budget: 'purchaser-read', absentOn: [404] },
  // Beta and not publicly documented (2026-11): the vendor's SDK has the list and always filters it by a purchaser.
  'credit-notes': { kind: 'credit-note', path: '/v1/credit-notes', budget: 'credit-note-read', absentOn: [400, 403, 404] },
};

export const streams: readonly ListStream[] = Object.entries(lists).map(([name, { kind }]) => ({ name, kinds: [kind], incremental: true }));

/**
 * The progress of a run. `fresh`: this pass has returned a row that no earlier pass had. `rows`: fingerprint of the previous page, which reveals
 * an API that returns the same page for every number. `begun`: when the platform returned the first page, as long as no row has told a time.
 */
const placeSchema = z.object({
  pageNo: z.number(),
  pass: z.number(),
  greatest: z.string().nullable(),
  begun: z.string().nullish(),
  fresh: z.boolean(),
  rows: z.string().nullable(),
});
type Place = z.infer<typeof placeSchema>;

/** What this process remembers of a run through one list: row id → state. */
interface Memory {
  given: Map<string, string>;
  /** The last page returned: its rows count as returned once a later page is requested. A page that is requested again was interrupted. */
  last: { page: string | null; rows: Map<string, string> };
}

/**
 * Reads a list page by page. Pages are offsets, so a row that is updated in the meantime moves others across page boundaries, and one can slip
 * through unseen. A list of more than one page is therefore read again until a pass returns nothing new; rows
 * already returned are left out as far as this process remembers the run (forgetting them repeats rows but loses none).
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
    const call = client.list({ method: 'GET', path: list.path, query, budgets: [list.budget], priority: 'reconcile' });
    const answer = await (start.page === null ? call.catch((error: unknown) => emptyWhereAbsent(list, error)) : call);
    const page = withoutRepetition(readListPage(answer.answer, place.pageNo), place, stream);
    const fresh = page.rows.filter((row) => isNew(row, memory));
    const greatest = greatestOf(place.greatest, page.rows, answer);
    const begun = begunAt(place, page.rows, answer);
    const here = { ...place, greatest, begun, fresh: place.fresh || fresh.length > 0, rows: fingerprint(page.rows) };
    const next = nextPlace(here, page.more);
    return {
      records: fresh.map((row) => recordOf(list.kind, row)),
      // Later passes return the same rows again.
      unnamed: place.pass === 1 ? page.rows.filter(({ id }) => textAt(id) === null).length : 0,
      next: next === null ? null : JSON.stringify(next),
      watermark: watermarkOf(here, next === null, start.watermark),
      answeredAt: answer.answeredAt,
      total: page.total,
    };
  };
}

function emptyWhereAbsent({ absentOn }: List, error: unknown): AnswerTime & { answer: Json } {
  if (error instanceof RemoteFailure && absentOn.includes(error.status)) return { answer: [], answeredAt: null, latest: '' };
  throw error;
}

const fingerprint = (rows: readonly JsonObject[]): string => createHash('sha256').update(JSON.stringify(rows)).digest('hex');

/** The same page again contains nothing new, so it is the end; if the response announces more, the rest cannot be read. */
function withoutRepetition(page: ListPage, { rows }: Place, stream: string): ListPage {
  if (page.rows.length === 0 || fingerprint(page.rows) !== rows) return page;
  if (page.announced) throw new RemoteFailure('remote_paging', `The list of ${stream} returns the same page for every page number`, 0);
  return { ...page, rows: [], more: false };
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
  page === null ? { pageNo: 1, pass: 1, greatest: null, begun: null, fresh: false, rows: null } : placeSchema.parse(JSON.parse(page));

/** A single page is read atomically and needs no second pass. */
function nextPlace(here: Place, more: boolean): Place | null {
  if (more) return { ...here, pageNo: here.pageNo + 1 };
  const quiet = here.pass > 1 && !here.fresh;
  if (here.pageNo === 1 || quiet || here.pass >= MAX_PASSES) return null;
  return { pageNo: 1, pass: here.pass + 1, greatest: here.greatest, begun: here.begun, fresh: false, rows: null };
}

/**
 * The published row of `/v2/invoices` has no `updatedAt` (2026-11), but the filter exists: without any row that tells a time, the run counts up to
 * the response with the first page. Otherwise every run would read the whole list, and the detail of each row.
 */
function begunAt(place: Place, rows: readonly JsonObject[], answer: AnswerTime): string | null {
  if (rows.some((row) => isReported(row.updatedAt))) return null;
  const isFirst = place.pass === 1 && place.pageNo === 1;
  return isFirst && rows.length > 0 ? answer.answeredAt : (place.begun ?? null);
}

function watermarkOf({ greatest, begun, fresh, pass }: Place, isEnd: boolean, before: string | null): string | null {
  const latest = greatest ?? (isEnd ? (begun ?? null) : null);
  return isEnd && fresh && pass === MAX_PASSES ? heldBack(latest, before) : latest;
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
  // The time alone does not identify a state: two changes may share one.
  const state = fingerprint([row]);
  if (given.get(id) === state || last.rows.get(id) === state) return false;
  last.rows.set(id, state);
  return true;
}

/** The newest `updatedAt` received that is not later than its response, as the platform wrote it. */
function greatestOf(greatest: string | null, rows: JsonObject[], answer: AnswerTime): string | null {
  return rows.reduce((newest, row) => {
    const time = readTime(believedTime(row.updatedAt, answer));
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
  /** The response itself announces more. */
  announced: boolean;
  total: number | null;
}

/**
 * A page with fewer rows than requested is the last, unless the response announces more by `meta.totalPages`, `links.next` or
 * `meta.totalResults` (the example of `/v2/orders` lacks the first two). None of them ends the list, since they may be capped. An empty
 * page is always the last. Throws `RemoteFailure` if the response has no list: an error in the form of a success says nothing about its rows.
 */
export function readListPage(answer: Json, pageNo: number): ListPage {
  const document = objectAt(answer);
  const meta = objectAt(document.meta);
  const list = Array.isArray(answer) ? answer : document.data;
  if (!Array.isArray(list) && numberAt(meta.totalResults) !== 0)
    throw new RemoteFailure('remote_unreadable', 'The response of Ordermentum contains no list', 0);
  const rows = listAt(list).map(objectAt);
  const announced = rows.length > 0 && announcesMore(document, meta, pageNo);
  const pageSize = Math.min(numberAt(meta.pageSize) ?? PAGE_SIZE, PAGE_SIZE);
  return { rows, more: rows.length > 0 && (announced || rows.length >= pageSize), announced, total: numberAt(meta.totalResults) };
}

function announcesMore(document: JsonObject, meta: JsonObject, pageNo: number): boolean {
  const total = numberAt(meta.totalResults);
  return (
    pageNo < (numberAt(meta.totalPages) ?? 0) ||
    textAt(objectAt(document.links).next) !== null ||
    (total !== null && pageNo * (numberAt(meta.pageSize) ?? PAGE_SIZE) < total)
  );
}

function numberAt(value: unknown): number | null {
  const text = textAt(value);
  return text === null || !/^\d+$/.test(text) ? null : Number(text);
}
