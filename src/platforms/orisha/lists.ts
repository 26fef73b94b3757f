import { RemoteMissing } from '../../domain/errors.ts';
import { atPointer, isObject, type Json, type JsonObject, listAt, parseJson, textAt } from '../../domain/json.ts';
import type { ListPosition, ListStream, ResourcePage } from '../contract/api.ts';
import { sha256Hex } from '../signature.ts';
import type { ApiClient } from './client/client.ts';
import { codesOfKind, ORISHA_KINDS, type OrishaKind } from './events.ts';
import { type Codes, externalIdOf, memberOf } from './read/codes.ts';
import type { OrishaApiSettings, OrishaList } from './settings.ts';

/** Lists have no change filter, so there is nothing to remember of a run but that there was one. */
const WATERMARK = 'whole-list';

export const streamsOf = (api: OrishaApiSettings): ListStream[] =>
  ORISHA_KINDS.filter((kind) => api.lists[kind]).map((kind) => ({ name: kind, kinds: [kind], incremental: false }));

/** `rows`: fingerprint of the page before, by which an API that does not know our page parameter is found out. */
interface Place {
  page: number;
  rows: string | null;
}

/** One page of a configured list. The end is an empty page, a 404 behind the first, or the same page again: sizes may be cut silently. */
export async function changesIn(client: ApiClient, stream: string, start: ListPosition): Promise<ResourcePage> {
  const kind = ORISHA_KINDS.find((one) => one === stream);
  const list = kind && client.api.lists[kind];
  if (!kind || !list) throw new Error(`There is no list ${stream} in api.lists`);
  const place = start.page === null ? { page: list.firstPage, rows: null } : (JSON.parse(start.page) as Place);
  const rows = await readRows(client, list, place.page);
  const fingerprint = sha256Hex(JSON.stringify(rows));
  if (rows.length === 0 || fingerprint === place.rows) return { records: [], next: null, watermark: WATERMARK, total: null };
  const next = list.pageParameter === false ? null : JSON.stringify({ page: place.page + 1, rows: fingerprint });
  return { records: await recordsOf(client, kind, list, rows), next, watermark: WATERMARK, total: null };
}

async function readRows(client: ApiClient, list: OrishaList, page: number): Promise<JsonObject[]> {
  const query = {
    ...(list.pageParameter === false ? {} : { [list.pageParameter]: page }),
    ...(list.sizeParameter === false ? {} : { [list.sizeParameter]: list.pageSize }),
  };
  try {
    const answer = parseJson(await client.text({ method: 'GET', path: client.fill(list.path, {}), query, priority: 'reconcile' }));
    return listAt(list.items === undefined ? firstList(answer) : atPointer(answer, list.items)).filter(isObject);
  } catch (error) {
    if (error instanceof RemoteMissing && page > list.firstPage) return [];
    throw error;
  }
}

async function recordsOf(client: ApiClient, kind: OrishaKind, list: OrishaList, rows: JsonObject[]): Promise<ResourcePage['records']> {
  const records: ResourcePage['records'] = [];
  for (const row of rows) {
    const codes = codesInRow(kind, list, row);
    if (codes === null) continue;
    const subject = { kind, externalId: externalIdOf(kind, codes) };
    if (list.rows === 'whole') records.push({ subject, text: JSON.stringify(row) });
    else records.push(...(await detailOf(client, subject)));
  }
  return records;
}

// Deleted between list and detail: its own event reports that.
async function detailOf(client: ApiClient, subject: ResourcePage['records'][number]['subject']): Promise<ResourcePage['records']> {
  try {
    return [{ subject, text: await client.detail(subject, 'reconcile') }];
  } catch (error) {
    if (error instanceof RemoteMissing) return [];
    throw error;
  }
}

function codesInRow(kind: OrishaKind, list: OrishaList, row: JsonObject): Codes | null {
  const names = codesOfKind[kind];
  const codes = names.map((name, position) => {
    const isOwn = position === names.length - 1;
    const at = isOwn ? list.code : list.customerCode;
    return [name, textAt(at === undefined ? codeByName(row, name, isOwn) : atPointer(row as Json, at))] as const;
  });
  return codes.every(([, code]) => code !== null) ? (Object.fromEntries(codes) as Codes) : null;
}

const codeByName = (row: JsonObject, name: string, isOwn: boolean): Json | undefined =>
  memberOf(row, name) ?? (isOwn ? memberOf(row, 'Code') : undefined);

/** The answer itself, or its first member that is a list. */
export const firstList = (answer: Json): Json | undefined =>
  isObject(answer) ? Object.values(answer).find((member) => Array.isArray(member)) : answer;
