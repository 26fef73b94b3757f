import { RemoteFailure } from '../../domain/errors.ts';
import { isObject, type Json, type JsonObject, listAt, objectAt, parseJson, textAt } from '../../domain/values/json.ts';
import { readTime } from '../../domain/values/time.ts';
import { type AnswerTime, believedTime } from '../contract/answer-time.ts';
import type { ListPosition, ResourcePage } from '../contract/api.ts';
import { sha256Hex } from '../signature.ts';
import { externalIdOf } from './read/body.ts';

const PAGE_SIZE = 100;
/**
 * How far before the watermark a run starts. The search index may lag behind the orders, and a row that changes while the pages are read can
 * have an earlier time than the latest one received: the next run sees both again. Repeated rows have no effect.
 */
const OVERLAP_MS = 15 * 60_000;
/** The limit of the vendor's own batches. */
const DEEPEST_OFFSET = 10_000;
/** After this many rereads, pages that do not overlap are given up. */
const MOST_REPEATS = 100;
/** Rows of the previous page that a page repeats. */
const SHARED_ROWS = 10;
const BEGINNING = '1970-01-01T00:00:00.000Z';

/** Where the next page starts, with everything needed to continue after an interruption. As JSON it is the page token. */
export interface Position {
  /** `lastUpdatedAfter`, the same for all pages. */
  after: string;
  offset: number;
  /** The last rows of the previous page, as `id@lastUpdatedAt`. */
  tail: string[];
  /** Fingerprint of the previous page; null if there is none. */
  rows: string | null;
  /** The latest plausible time received so far, as the platform wrote it. */
  greatest: string | null;
  /** How often a page has been reread. */
  again: number;
}

export interface Row {
  /** Null: the row names no resource. */
  externalId: string | null;
  lastUpdatedAt: string | null;
  json: JsonObject;
}

/** Determines the start: the token of the previous page, else the watermark minus the overlap, else `since`, else everything. */
export function readPosition(start: ListPosition): Position {
  if (start.page !== null) return parsePosition(start.page);
  const after = start.watermark === null ? (start.since ?? BEGINNING) : earlier(start.watermark, OVERLAP_MS);
  return { after, offset: 0, tail: [], rows: null, greatest: start.watermark, again: 0 };
}

function parsePosition(token: string): Position {
  const value = parseJson(token);
  if (isObject(value) && typeof value.after === 'string' && typeof value.offset === 'number') {
    const [rows, greatest] = [textAt(value.rows), textAt(value.greatest)];
    return {
      after: value.after,
      offset: value.offset,
      tail: listAt(value.tail).map(String),
      rows,
      greatest,
      again: Number(value.again ?? 0),
    };
  }
  throw new RemoteFailure('page_unreadable', 'The token of the next page cannot be read', 0);
}

// An unreadable time is sent back unchanged: it came from the platform.
function earlier(time: string, byMs: number): string {
  const read = readTime(time);
  return read === null ? time : new Date(Date.parse(read) - byMs).toISOString();
}

/** The body of a poll request. */
export const pollRequest = (position: Position, filters: JsonObject): JsonObject => ({
  filters: { ...filters, lastUpdatedAfter: position.after },
  offset: position.offset,
  limit: PAGE_SIZE,
});

/** The rows of a poll answer, numbers digit for digit. Throws `RemoteFailure('remote_unreadable')`. */
export function readRows(text: string, kind: 'order' | 'shipment'): { rows: Row[]; total: number | null } {
  const answer = readAnswer(text);
  const rows = listAt(answer.data)
    .map(objectAt)
    .map((json) => {
      const time = kind === 'order' ? json.lastUpdatedAt : objectAt(json.meta).lastUpdatedAt;
      return { externalId: externalIdOf({ kind, state: json }), lastUpdatedAt: textAt(time), json };
    });
  return { rows, total: typeof answer.total === 'number' ? answer.total : null };
}

function readAnswer(text: string): JsonObject {
  let answer: Json = null;
  try {
    answer = parseJson(text);
  } catch {
    // Reported below: a truncated JSON document is as unreadable as an HTML page.
  }
  if (isObject(answer) && (Array.isArray(answer.data) || answer.total === 0)) return answer;
  throw new RemoteFailure('remote_unreadable', 'The poll response has no data', 0);
}

/** What a page contains besides its rows. */
export interface Answer extends AnswerTime {
  total: number | null;
}

/**
 * Builds a page from the rows. Rows are sorted by time, so one that changes between two calls moves to the end and all rows after it move up: a
 * row could slip from the next page into the one already read. Every page therefore repeats the last rows of the previous one; if
 * none of them is found, the previous page is reread.
 */
export function makePage(position: Position, rows: readonly Row[], answer: Answer, kind: 'order' | 'shipment'): ResourcePage {
  const { total, answeredAt } = answer;
  const known = new Set(position.tail);
  const joined = position.offset === 0 || known.size === 0 || rows.some((row) => known.has(rowName(row)));
  if (!joined) return { records: [], next: token(readAgain(position)), watermark: null, answeredAt, total };
  const fresh = rows.filter((row) => !known.has(rowName(row)));
  const greatest = rows.reduce((max, row) => greater(max, believedTime(row.lastUpdatedAt, answer)), position.greatest);
  const next = following({ ...position, greatest }, rows, fresh.length > 0, total);
  const records = fresh.flatMap(({ externalId, json }) =>
    externalId === null ? [] : [{ subject: { kind, externalId }, text: JSON.stringify(json) }],
  );
  return {
    records,
    unnamed: fresh.length - records.length,
    next: next === null ? null : token(next),
    watermark: greatest,
    answeredAt,
    total,
  };
}

function readAgain(position: Position): Position {
  const again = position.again + 1;
  if (again > MOST_REPEATS) throw stuck('its pages never overlap, however often they are reread');
  return { ...position, offset: Math.max(0, position.offset - PAGE_SIZE), rows: null, again };
}

/**
 * Null after the last page: one with fewer rows than requested while the total does not announce more, or with nothing new. A total that
 * says that everything was read does not end the list, since it may be capped.
 */
function following(position: Position, rows: readonly Row[], isNew: boolean, total: number | null): Position | null {
  const end = position.offset + rows.length;
  const fingerprint = sha256Hex(JSON.stringify(rows.map(rowName)));
  const repeats = fingerprint === position.rows;
  if (rows.length === PAGE_SIZE && (repeats || !isNew)) return narrowed(position) ?? fail('every offset returns the same rows');
  if (rows.length < PAGE_SIZE && (!isNew || repeats || total === null || end >= total)) return isCut(position, end) ? cutOff() : null;
  const shared = Math.min(SHARED_ROWS, Math.floor(rows.length / 2));
  const offset = end - shared;
  const next = { ...position, offset, tail: rows.slice(rows.length - shared).map(rowName), rows: fingerprint };
  if (offset + PAGE_SIZE <= DEEPEST_OFFSET) return next;
  // If the times do not advance, the offset may go deeper after all.
  return narrowed(next) ?? next;
}

// An end at exactly the limit of the vendor's own batches is the end of the search, not of the list.
const isCut = (position: Position, end: number): boolean => position.offset > 0 && end === DEEPEST_OFFSET;
const cutOff = (): never => fail(`more than ${DEEPEST_OFFSET} rows have the same time`);

/**
 * The list from just before the latest time received, for rows beyond the largest offset; null if that is not later than its start. One
 * millisecond before, because "after" excludes equal times.
 */
export function narrowed(position: Position): Position | null {
  if (position.greatest === null) return null;
  const after = earlier(position.greatest, 1);
  return (readTime(after) ?? '') > (readTime(position.after) ?? '') ? { ...position, after, offset: 0, rows: null } : null;
}

function fail(reason: string): never {
  throw stuck(reason);
}

const stuck = (reason: string): RemoteFailure => new RemoteFailure('remote_paging', `The poll cannot be read to the end: ${reason}`, 0);

const rowName = (row: Row): string => `${row.externalId ?? sha256Hex(JSON.stringify(row.json))}@${row.lastUpdatedAt ?? ''}`;

const token = (position: Position): string => JSON.stringify(position);

/** The later of two times, as written. */
function greater(a: string | null, b: string | null): string | null {
  const [timeA, timeB] = [readTime(a), readTime(b)];
  if (timeB === null) return a;
  return timeA === null || timeB > timeA ? b : a;
}
