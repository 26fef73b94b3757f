import type { Request, Response } from 'express';
import { type Columns, toCsv } from '../../../views/csv.ts';
import type { Semaphore } from '../semaphore.ts';
import { createPacedWriter, type PacedWriter } from './paced-writer.ts';
import { type RowPage, readRows, type SentRow, writeRows } from './row-pages.ts';
import { CSV_TYPE, JSON_TYPE, linkNext, sendText, wantsCsv } from './send-response.ts';

/** Smaller pages are sent in one go, with their length. */
const AT_ONCE_BYTES = 32 * 1024;

/** A page of a list, as JSON or CSV, read from the store as the client takes it. `next` may be the last row's cursor, or null. */
export async function sendRows(
  request: Request,
  response: Response,
  slots: Semaphore,
  { page, next, columns }: { page: RowPage; next: string | null; columns: Columns },
): Promise<void> {
  if (response.destroyed) return;
  const isCsv = wantsCsv(request, response);
  if (next !== null) linkNext(request, response, next);
  const form = isCsv ? csvForm(columns) : jsonForm(next);
  if (page.bytes <= AT_ONCE_BYTES) {
    const rows = await readRows(page);
    return sendText(request, response, form.type, form.head + rows.map(form.row).join('') + form.tail);
  }
  response.setHeader('Content-Type', form.type);
  response.vary('Accept-Encoding');
  const gzip = request.acceptsEncodings('gzip', 'identity') === 'gzip';
  if (gzip) response.setHeader('Content-Encoding', 'gzip');
  if (request.method === 'HEAD') return void response.end();
  await writeAll(createPacedWriter(response, gzip), page, slots, form);
}

async function writeAll(writer: PacedWriter, page: RowPage, slots: Semaphore, form: Form): Promise<void> {
  let head = form.head;
  const whole = await writeRows(writer, page, slots, (row) => {
    const text = head + form.row(row);
    head = '';
    return text;
  });
  if (whole && (form.tail === '' || (await writer.write(form.tail)))) writer.end();
}

/** How a page is written: `row` is called once for each row, in order. */
interface Form {
  type: string;
  head: string;
  row(row: SentRow): string;
  tail: string;
}

function jsonForm(next: string | null): Form {
  let separator = '';
  return {
    type: JSON_TYPE,
    head: '{"data":[',
    row({ text }) {
      const written = separator + text;
      separator = ',';
      return written;
    },
    tail: `],"next":${JSON.stringify(next)}}`,
  };
}

function csvForm(columns: Columns): Form {
  const header = toCsv([], columns);
  return {
    type: CSV_TYPE,
    head: header,
    row: ({ text }) => toCsv([JSON.parse(text)], columns).slice(header.length),
    tail: '',
  };
}
