import type { Request, Response } from 'express';
import { type Columns, toCsv } from '../../../views/csv.ts';
import type { Semaphore } from '../semaphore.ts';
import { createPacedWriter, type PacedWriter } from './paced-writer.ts';
import { type RowPage, readRows, type SentRow, writeRows } from './row-pages.ts';
import { CSV_TYPE, JSON_TYPE, linkNext, sendText, wantsCsv } from './send-response.ts';

/** Smaller pages are sent in one go, with their length. */
export const AT_ONCE_BYTES = 32 * 1024;

/** A page and where the next one begins: after its last row, or null. */
export interface PreparedPage {
  page: RowPage;
  next: string | null;
  columns: Columns;
}

/**
 * A page of a list, as JSON or CSV, read from the store as the client takes it. `readSemaphore` limits how many are prepared at a time: readers that
 * come together cost the memory of a few.
 */
export async function sendRows(
  request: Request,
  response: Response,
  readSemaphore: Semaphore,
  prepare: () => Promise<PreparedPage>,
): Promise<void> {
  const release = await readSemaphore.enter();
  const rest = await prepareRows(request, response, prepare).finally(release);
  if (rest) await writeAll(createPacedWriter(response, rest.gzip), rest.page, readSemaphore, rest.form);
}

interface LargePage {
  page: RowPage;
  form: Form;
  gzip: boolean;
}

/** Sends the headers, and a small page; returns a large one, whose rows are still to be written. */
async function prepareRows(request: Request, response: Response, prepare: () => Promise<PreparedPage>): Promise<LargePage | null> {
  // The client may have disconnected while it was waiting.
  if (response.destroyed) return null;
  const isCsv = wantsCsv(request, response);
  const { page, next, columns } = await prepare();
  if (next !== null) linkNext(request, response, next);
  const form = isCsv ? csvForm(columns) : jsonForm(next);
  if (page.bytes <= AT_ONCE_BYTES) {
    const rows = await readRows(page);
    await sendText(request, response, form.type, form.head + rows.map(form.row).join('') + form.tail);
    return null;
  }
  response.setHeader('Content-Type', form.type);
  response.vary('Accept-Encoding');
  const gzip = request.acceptsEncodings('gzip', 'identity') === 'gzip';
  if (gzip) response.setHeader('Content-Encoding', 'gzip');
  if (request.method !== 'HEAD') return { page, form, gzip };
  response.end();
  return null;
}

async function writeAll(writer: PacedWriter, page: RowPage, readSemaphore: Semaphore, form: Form): Promise<void> {
  let head = form.head;
  const whole = await writeRows(writer, page, readSemaphore, (row) => {
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
