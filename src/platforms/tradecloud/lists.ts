import { RemoteFailure } from '../../domain/errors.ts';
import { isObject, type Json, type JsonObject, listAt, objectAt, parseJson, textAt } from '../../domain/values/json.ts';
import { readTime } from '../../domain/values/time.ts';
import { type AnswerTime, believedTime } from '../contract/answer-time.ts';
import type { ListPosition, ResourcePage } from '../contract/api.ts';
import { sha256Hex } from '../signature.ts';
import { externalIdOf } from './read/body.ts';

const PAGE_SIZE = 100;
/**
 * How far before the watermark a run begins. The search index may lag behind the orders, and a row that changes while the pages are read can
 * carry a time below the greatest one received: both are seen again in the next run. Repeated rows have no effect.
 */
const OVERLAP_MS = 15 * 60_000;
/** The maker's own batches go no further. */
const DEEPEST_OFFSET = 10_000;
/** A list whose pages do not join after so many repetitions never will. */
const MOST_REPEATS = 100;
/** Rows that a page repeats of the one before. */
const SHARED_ROWS = 10;
const BEGINNING = '1970-01-01T00:00:00.000Z';

/** Where the next page begins: all that is needed to go on after an interruption. It is the page token, as JSON. */
export interface Position {
  /** `lastUpdatedAfter`, the same for all pages. */
  after: string;
  offset: number;
  /** The last rows of the page before, as `id@lastUpdatedAt`. */
  tail: string[];
  /** Fingerprint of the page before; null: there is none. */
  rows: string | null;
  /** The greatest time received so far that can be believed, in the platform's own writing. */
  greatest: string | null;
  /** How often a page was read again. */
  again: number;
}

export interface Row {
  externalId: string;
  lastUpdatedAt: string | null;
  json: JsonObject;
}

/** Reads where to begin: the token of the page before, else the watermark less the overlap, else `since`, else all there is. */
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

// A time that cannot be read is sent back as it came: it is the platform's own.
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
    .filter(isObject)
    .map((json) => {
      const externalId = externalIdOf({ kind, state: json });
      if (externalId === null) throw new RemoteFailure('remote_unreadable', `A polled ${kind} has no id`, 0);
      const time = kind === 'order' ? json.lastUpdatedAt : objectAt(json.meta).lastUpdatedAt;
      return { externalId, lastUpdatedAt: textAt(time), json };
    });
  return { rows, total: typeof answer.total === 'number' ? answer.total : null };
}

function readAnswer(text: string): JsonObject {
  let answer: Json = null;
  try {
    answer = parseJson(text);
  } catch {
    // Said below: a half JSON document is as unreadable as an HTML page.
  }
  if (isObject(answer) && (Array.isArray(answer.data) || answer.total === 0)) return answer;
  throw new RemoteFailure('remote_unreadable', 'The poll answer has no data', 0);
}

/** What came with the rows of a page. */
export interface Answer extends AnswerTime {
  total: number | null;
}

/**
 * Makes a page of the rows. Rows are sorted by time, so one that changes between two calls moves to the end and all behind it move up: a
 * row would slip from the next page into the one that was already read. Hence every page repeats the last rows of the one before; where
 * none of them is found again, the page before is read once more.
 */
export function makePage(position: Position, rows: readonly Row[], answer: Answer, kind: 'order' | 'shipment'): ResourcePage {
  const { total, answeredAt } = answer;
  const known = new Set(position.tail);
  const joined = position.offset === 0 || known.size === 0 || rows.some((row) => known.has(rowName(row)));
  if (!joined) return { records: [], next: token(readAgain(position)), watermark: null, answeredAt, total };
  const fresh = rows.filter((row) => !known.has(rowName(row)));
  const greatest = rows.reduce((max, row) => greater(max, believedTime(row.lastUpdatedAt, answer)), position.greatest);
  const next = following({ ...position, greatest }, rows, fresh.length > 0, total);
  return {
    records: fresh.map((row) => ({ subject: { kind, externalId: row.externalId }, text: JSON.stringify(row.json) })),
    next: next === null ? null : token(next),
    watermark: greatest,
    answeredAt,
    total,
  };
}

function readAgain(position: Position): Position {
  const again = position.again + 1;
  if (again > MOST_REPEATS) throw stuck('its pages do not join, however often they are read');
  return { ...position, offset: Math.max(0, position.offset - PAGE_SIZE), rows: null, again };
}

/**
 * Null after the last page: one that brings fewer rows than asked for while the total does not speak of more, or nothing new. A total that
 * says that all was read ends nothing, since it may be capped.
 */
function following(position: Position, rows: readonly Row[], isNew: boolean, total: number | null): Position | null {
  const end = position.offset + rows.length;
  const fingerprint = sha256Hex(JSON.stringify(rows.map(rowName)));
  const repeats = fingerprint === position.rows;
  if (rows.length === PAGE_SIZE && (repeats || !isNew)) return narrowed(position) ?? fail('the same rows come at every offset');
  if (rows.length < PAGE_SIZE && (!isNew || repeats || total === null || end >= total)) return isCut(position, end) ? cutOff() : null;
  const shared = Math.min(SHARED_ROWS, Math.floor(rows.length / 2));
  const offset = end - shared;
  const next = { ...position, offset, tail: rows.slice(rows.length - shared).map(rowName), rows: fingerprint };
  if (offset + PAGE_SIZE <= DEEPEST_OFFSET) return next;
  // Where the times do not move on, the offset may go deeper after all.
  return narrowed(next) ?? next;
}

// An end at exactly the depth that the maker's own batches go to is that of the search, not of the list.
const isCut = (position: Position, end: number): boolean => position.offset > 0 && end === DEEPEST_OFFSET;
const cutOff = (): never => fail(`more than ${DEEPEST_OFFSET} rows have one and the same time`);

/**
 * The list from just before the greatest time received, for what no offset reaches; null where that is no later than where it began. One
 * millisecond, because "after" excludes equal times.
 */
export function narrowed(position: Position): Position | null {
  if (position.greatest === null) return null;
  const after = earlier(position.greatest, 1);
  return (readTime(after) ?? '') > (readTime(position.after) ?? '') ? { ...position, after, offset: 0, rows: null } : null;
}

function fail(reason: string): never {
  throw stuck(reason);
}

const stuck = (reason: string): RemoteFailure => new RemoteFailure('remote_paging', `The poll cannot be read to its end: ${reason}`, 0);

const rowName = (row: Row): string => `${row.externalId}@${row.lastUpdatedAt ?? ''}`;

const token = (position: Position): string => JSON.stringify(position);

/** The later of two times, as it was written. */
function greater(a: string | null, b: string | null): string | null {
  const [timeA, timeB] = [readTime(a), readTime(b)];
  if (timeB === null) return a;
  return timeA === null || timeB > timeA ? b : a;
}
