import type { Request, Response } from 'express';
import type { ChangeRow } from '../../store/feed/read-changes.ts';
import { sendJsonText, sendList } from './answers.ts';

const quoted = JSON.stringify;

/** An entry of the feed as JSON text. The stored texts of `lines` and `diff` go in as they are: a page costs no parsing. */
export const changeText = (change: ChangeRow): string =>
  `{"cursor":"${change.cursor}","at":"${change.at}","connection":"${change.connection}","kind":"${change.kind}","action":"${change.action}",` +
  `"id":"${change.entityId}","externalId":${quoted(change.externalId)},"version":${change.version},"lines":${change.lines},"diff":${change.diff},` +
  `"cause":{"type":"${change.causeType}","id":${quoted(change.causeId)},"eventType":${quoted(change.eventType)}}}`;

/** A list answer of entries that are JSON texts already. */
const pageText = (entries: readonly string[], next: string | null): string => `{"data":[${entries.join(',')}],"next":${quoted(next)}}`;

export const CHANGE_COLUMNS = [
  'cursor',
  'at',
  'connection',
  'kind',
  'action',
  'id',
  'externalId',
  'version',
  'lines',
  'diff',
  'cause.type',
  'cause.id',
  'cause.eventType',
];

/** The entry parsed, for CSV. */
export const changeObject = (change: ChangeRow): object => JSON.parse(changeText(change)) as object;

/** A page of entries, as JSON or CSV. */
export async function sendChanges(request: Request, response: Response, page: readonly ChangeRow[], next: string | null): Promise<void> {
  response.vary('Accept');
  if (request.accepts('application/json', 'text/csv') === 'text/csv') {
    return sendList(request, response, { rows: page.map(changeObject), next, columns: CHANGE_COLUMNS });
  }
  await sendJsonText(request, response, pageText(page.map(changeText), next));
}
