import { z } from 'zod';
import { PermanentFailure, RemoteFailure, RemoteMissing } from '../../domain/errors.ts';
import { atPointer, isObject, type Json, type JsonObject, listAt, objectAt, parseJson } from '../../domain/values/json.ts';
import type { ListPosition, ListStream, ResourcePage } from '../contract/api.ts';
import { sha256Hex } from '../signature.ts';
import type { ApiClient } from './client/client.ts';
import { codesOfKind, ORISHA_KINDS, type OrishaKind } from './events.ts';
import { type Codes, collectCodes, externalIdOf, memberOf } from './read/codes.ts';
import type { OrishaApiSettings, OrishaList } from './settings.ts';

/** Lists have no change filter, so all there is to remember is that a run took place. */
const WATERMARK = 'whole-list';

export const streamsOf = (api: OrishaApiSettings): ListStream[] =>
  ORISHA_KINDS.filter((kind) => api.lists[kind]).map((kind) => ({ name: kind, kinds: [kind], incremental: false }));

/** Fingerprints of the previous page and of the first one: an API may return either of them for a page that does not exist. */
const placeSchema = z.object({ page: z.number(), rows: z.string().nullable(), first: z.string().nullish() });
type Place = z.infer<typeof placeSchema>;

/** One page of a configured list. An empty page, a 404 after the first, or nothing new ends it: page sizes may be reduced silently. */
export async function changesIn(client: ApiClient, stream: string, start: ListPosition): Promise<ResourcePage> {
  const kind = ORISHA_KINDS.find((one) => one === stream);
  const list = kind && client.api.lists[kind];
  if (!kind || !list) throw new Error(`There is no list ${stream} in api.lists`);
  const place: Place = start.page === null ? { page: list.firstPage, rows: null } : placeSchema.parse(JSON.parse(start.page));
  const { rows, answeredAt } = await readRows(client, list, place.page);
  const fingerprint = sha256Hex(JSON.stringify(rows));
  if (rows.length === 0 || fingerprint === place.rows || fingerprint === place.first) {
    if (place.page === list.firstPage + 1) refuseUnknownParameter(kind, list, rows);
    return { records: [], next: null, watermark: WATERMARK, answeredAt, total: null };
  }
  const following: Place = { page: place.page + 1, rows: fingerprint, first: place.first ?? fingerprint };
  const next = list.pageParameter === false ? null : JSON.stringify(following);
  const unnamed = rows.filter((row) => codesInRow(kind, list, row) === null).length;
  return { records: await recordsOf(client, kind, list, rows), unnamed, next, watermark: WATERMARK, answeredAt, total: null };
}

/** The first page again, with as many rows as requested: the API truncates the list and ignores our page parameter. */
function refuseUnknownParameter(kind: OrishaKind, { pageParameter, sizeParameter, pageSize }: OrishaList, rows: JsonObject[]): void {
  if (sizeParameter === false || rows.length !== pageSize) return;
  const setting = `api.lists.${kind}.pageParameter`;
  throw new RemoteFailure('remote_paging', `The list returns its first page again: the API ignores ${pageParameter} (${setting})`, 0);
}

async function readRows(client: ApiClient, list: OrishaList, page: number): Promise<{ rows: JsonObject[]; answeredAt: string | null }> {
  const query = {
    ...(list.pageParameter === false ? {} : { [list.pageParameter]: page }),
    ...(list.sizeParameter === false ? {} : { [list.sizeParameter]: list.pageSize }),
  };
  try {
    const { text, answeredAt } = await client.list({ method: 'GET', path: client.fill(list.path, {}), query, priority: 'reconcile' });
    return { rows: rowsIn(parseJson(text), list), answeredAt };
  } catch (error) {
    if (error instanceof RemoteMissing && page > list.firstPage) return { rows: [], answeredAt: null };
    throw error;
  }
}

/** Throws `RemoteFailure` if there is no list: an error in the form of a success says nothing about its rows. */
function rowsIn(answer: Json, { items }: OrishaList): JsonObject[] {
  const found = items === undefined ? firstList(answer) : atPointer(answer, items);
  // Where its place is known, null is an empty list, and an object the only row.
  if (Array.isArray(found) || (items !== undefined && (found === null || isObject(found)))) return listAt(found).map(objectAt);
  throw new RemoteFailure('remote_unreadable', 'The response of the API contains no list', 0);
}

async function recordsOf(client: ApiClient, kind: OrishaKind, list: OrishaList, rows: JsonObject[]): Promise<ResourcePage['records']> {
  const records: ResourcePage['records'] = [];
  for (const row of rows) {
    const codes = codesInRow(kind, list, row);
    if (codes === null) continue;
    const subject = { kind, externalId: externalIdOf(kind, codes) };
    if (list.rows === 'whole') records.push({ subject, text: JSON.stringify(row) });
    else records.push(...(await detailOf(client, subject, row)));
  }
  return records;
}

type ListedRecord = ResourcePage['records'][number];

// Deleted between list and detail: a separate event reports that. A code that cannot be part of a path fails this record alone, not the list.
async function detailOf(client: ApiClient, subject: ListedRecord['subject'], row: JsonObject): Promise<ListedRecord[]> {
  try {
    return [{ subject, text: await client.detail(subject, 'reconcile') }];
  } catch (error) {
    if (error instanceof RemoteMissing) return [];
    if (error instanceof PermanentFailure) return [{ subject, text: JSON.stringify(row), partial: true }];
    throw error;
  }
}

function codesInRow(kind: OrishaKind, list: OrishaList, row: JsonObject): Codes | null {
  const own = codesOfKind[kind].at(-1);
  return collectCodes(kind, (name) => {
    const at = name === own ? list.code : list.customerCode;
    return at === undefined ? codeByName(row, name, name === own) : atPointer(row, at);
  });
}

const codeByName = (row: JsonObject, name: string, isOwn: boolean): Json | undefined =>
  memberOf(row, name) ?? (isOwn ? memberOf(row, 'Code') : undefined);

/** The response itself, or its first member that is a list. */
export const firstList = (answer: Json): Json | undefined =>
  isObject(answer) ? Object.values(answer).find((member) => Array.isArray(member)) : answer;
