import type { Request, Response } from 'express';
import type { ChangeRow } from '../../store/feed/read-changes.ts';
import { CHANGE_COLUMNS, changeObject, changeText } from '../../views/change.ts';
import { sendJsonText, sendList } from './send-response.ts';

/** A list answer of entries that are JSON texts already. */
const pageText = (entries: readonly string[], next: string | null): string =>
  `{"data":[${entries.join(',')}],"next":${JSON.stringify(next)}}`;

/** A page of entries, as JSON or CSV. */
export async function sendChanges(request: Request, response: Response, page: readonly ChangeRow[], next: string | null): Promise<void> {
  response.vary('Accept');
  if (request.accepts('application/json', 'text/csv') === 'text/csv') {
    return sendList(request, response, { rows: page.map(changeObject), next, columns: CHANGE_COLUMNS });
  }
  await sendJsonText(request, response, pageText(page.map(changeText), next));
}
