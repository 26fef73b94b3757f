import { RemoteFailure } from '../../domain/errors.ts';
import { isObject, type Json, type JsonObject, listAt, objectAt, parseJson, textAt } from '../../domain/json.ts';
import { readTime } from '../../domain/time.ts';
import type { ListPosition, ResourcePage } from '../contract/api.ts';
import { externalIdOf } from './read/body.ts';

const PAGE_SIZE = 100;
/**
 * How far before the watermark a run begins. The search index may lag behind the orders, and a row that changes while the pages are read can
 * carry a time below the greatest one received: both are seen again in the next run. Repeated rows have no effect.
 */
const OVERLAP_MS = 15 * 60_000;
/** The maker's own batches go no further. */
const DEEPEST_OFFSET = 10_000;
/** Rows that a page repeats of the one before. */
const SHARED_ROWS = 10;
const BEGINNING = '1970-01-01T00:00:00.000Z';

/** Where the next page begins: all that is needed to go on after an interruption. It is the page token, as JSON. */
interface Position {
  /** `lastUpdatedAfter`, the same for all pages. */
  after: string;
  offset: number;
  /** The last rows of the page before, as `id@lastUpdatedAt`. */
  tail: string[];
  /** The greatest time received so far, in the platform's own writing. */
  greatest: string | null;
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
  return { after, offset: 0, tail: [], greatest: start.watermark };
}

function parsePosition(token: string): Position {
  const value = parseJson(token);
  if (isObject(value) && typeof value.after === 'string' && typeof value.offset === 'number') {
    return { after: value.after, offset: value.offset, tail: listAt(value.tail).map(String), greatest: textAt(value.greatest) };
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

/**
 * Makes a page of the rows. Rows are sorted by time, so one that changes between two calls moves to the end and all behind it move up: a
 * row would slip from the next page into the one that was already read. Hence every page repeats the last rows of the one before; where
 * none of them is found again, the page before is read once more.
 */
export function makePage(position: Position, rows: readonly Row[], total: number | null, kind: 'order' | 'shipment'): ResourcePage {
  const known = new Set(position.tail);
  const joined = position.offset === 0 || known.size === 0 || rows.some((row) => known.has(rowName(row)));
  if (!joined)
    return { records: [], next: token({ ...position, offset: Math.max(0, position.offset - PAGE_SIZE) }), watermark: null, total };
  const fresh = rows.filter((row) => !known.has(rowName(row)));
  const greatest = rows.reduce((max, row) => greater(max, row.lastUpdatedAt), position.greatest);
  const end = position.offset + rows.length;
  const last = rows.length === 0 || (total === null ? rows.length < PAGE_SIZE : end >= total);
  return {
    records: fresh.map((row) => ({ subject: { kind, externalId: row.externalId }, text: JSON.stringify(row.json) })),
    next: last ? null : token(following(position, rows, greatest)),
    watermark: greatest,
    total,
  };
}

function following(position: Position, rows: readonly Row[], greatest: string | null): Position {
  const shared = Math.min(SHARED_ROWS, Math.floor(rows.length / 2));
  const tail = rows.slice(rows.length - shared).map(rowName);
  const offset = position.offset + rows.length - shared;
  const next = { after: position.after, offset, tail, greatest };
  if (offset + PAGE_SIZE <= DEEPEST_OFFSET || greatest === null) return next;
  // Deeper than the API goes: begin again just before the greatest time received. One millisecond, because "after" excludes equal times.
  const after = earlier(greatest, 1);
  return (readTime(after) ?? '') > (readTime(position.after) ?? '') ? { ...next, after, offset: 0 } : next;
}

const rowName = (row: Row): string => `${row.externalId}@${row.lastUpdatedAt ?? ''}`;

const token = (position: Position): string => JSON.stringify(position);

/** The later of two times, as it was written. */
function greater(a: string | null, b: string | null): string | null {
  const [timeA, timeB] = [readTime(a), readTime(b)];
  if (timeB === null) return a;
  return timeA === null || timeB > timeA ? b : a;
}
