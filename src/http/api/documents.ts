import { pipeline } from 'node:stream/promises';
import { type Request, type Response, Router } from 'express';
import { type ByteRange, ContentMissing } from '../../documents/storage/storage.ts';
import { Refused } from '../../domain/errors.ts';
import { type DocumentRow, listDocuments, readDocument } from '../../store/documents/list.ts';
import type { RoutePorts } from './ports.ts';
import { pathText, queryFlag, queryLimit, queryText } from './query.ts';
import { listCursor, readSequenceCursor } from './sending/cursors.ts';
import { sendList } from './sending/list-pages.ts';
import { isNotModified, sendResource } from './sending/send-response.ts';

type Ports = Pick<RoutePorts, 'context' | 'openContent' | 'readSemaphore'>;

const documentView = (document: DocumentRow) => ({
  id: document.id,
  connection: document.connection,
  order: document.kind === 'order' ? document.entityId : null,
  shipment: document.kind === 'shipment' ? document.entityId : null,
  externalId: document.entityExternalId,
  line: document.line,
  name: document.name,
  code: document.code,
  revision: document.revision,
  type: document.type,
  description: document.description,
  lastUpdatedAt: document.lastUpdatedAt,
  contentType: document.contentType,
  bytes: document.bytes,
  sha256: document.sha256,
  state: document.state,
  error: document.error,
  announcedAt: document.announcedAt,
  storedAt: document.storedAt,
  supersededBy: document.supersededBy,
  removedAt: document.removedAt,
});

const COLUMNS = [
  ...['id', 'connection', 'order', 'shipment', 'externalId', 'line', 'name', 'code', 'revision', 'type', 'description'],
  ...['lastUpdatedAt', 'contentType', 'bytes', 'sha256', 'state', 'error', 'announcedAt', 'storedAt', 'supersededBy', 'removedAt'],
] as const satisfies readonly (keyof ReturnType<typeof documentView>)[];

export function documentRoutes(ports: Ports): Router {
  const router = Router();
  const sql = ports.context.db.read;
  const { readSemaphore } = ports;
  const named = async (request: Request): Promise<DocumentRow> => {
    const document = await readDocument(sql, pathText(request, 'id'));
    if (!document) throw new Refused(404, 'not_found', 'There is no document with this id.');
    return document;
  };

  router.get('/', async (request, response) => {
    const limit = queryLimit(request);
    const filter = {
      order: queryText(request, 'order'),
      shipment: queryText(request, 'shipment'),
      connection: queryText(request, 'connection'),
      state: queryText(request, 'state'),
      superseded: queryFlag(request, 'superseded'),
    };
    const read = async (after: string | null, most: number) =>
      (await listDocuments(sql, filter, { after: readSequenceCursor('documents', after) ?? 0, limit: most })).map((row) => ({
        cursor: listCursor('documents', [row.seq]),
        view: documentView(row),
      }));
    await sendList(request, response, readSemaphore, { after: queryText(request, 'after'), limit, columns: COLUMNS, read });
  });

  router.get('/:id', async (request, response) => sendResource(request, response, documentView(await named(request))));
  router.get('/:id/content', async (request, response) => sendContent(ports, request, response, await named(request)));
  return router;
}

/** What is true of the content only, not of an error. */
const CONTENT_HEADERS = ['Content-Disposition', 'Content-Length', 'Content-Range', 'Accept-Ranges', 'Digest', 'ETag'];

/** Streams the content or the requested range. It is untrusted: a browser must never render or run it in our origin. */
async function sendContent({ openContent }: Ports, request: Request, response: Response, document: DocumentRow): Promise<void> {
  const { sha256, bytes } = document;
  if (document.state !== 'stored' || sha256 === null || bytes === null) {
    throw new Refused(404, 'document_not_stored', `The content of this document is not stored: its state is ${document.state}.`);
  }
  const etag = `"${sha256}"`;
  response.attachment(safeName(document.filename ?? document.name));
  // Express would add a charset, which is unknown.
  response.setHeader('Content-Type', safeType(document.contentType));
  response.set({
    'Content-Security-Policy': "default-src 'none'; sandbox",
    'X-Content-Type-Options': 'nosniff',
    'Accept-Ranges': 'bytes',
    Digest: `sha-256=${Buffer.from(sha256, 'hex').toString('base64')}`,
    ETag: etag,
  });
  if (isNotModified(request, etag)) return void response.status(304).end();
  const range = requestedRange(request, bytes, etag);
  if (range === 'unsatisfiable') {
    response.set('Content-Range', `bytes */${bytes}`);
    throw new Refused(416, 'range_not_satisfiable', `The document has ${bytes} bytes.`);
  }
  if (range) response.status(206).set('Content-Range', `bytes ${range.start}-${range.end}/${bytes}`);
  response.set('Content-Length', String(range ? range.end - range.start + 1 : bytes));
  if (request.method === 'HEAD') return void response.end();
  const content = await openContent(sha256, range).catch((error: unknown) => {
    for (const name of CONTENT_HEADERS) response.removeHeader(name);
    // Its row says that it is stored: somebody has removed it from the storage.
    throw error instanceof ContentMissing ? new Refused(404, error.code, error.message, { cause: error }) : error;
  });
  // A client that disconnects ends the stream; there is no response left to send.
  await pipeline(content, response).catch((error: unknown) => {
    if (!response.destroyed) throw error;
  });
}

/** A single range is served; several, a malformed one, or one for another version of the content yield the whole content. */
function requestedRange(request: Request, bytes: number, etag: string): ByteRange | 'unsatisfiable' | null {
  const condition = request.get('if-range');
  if (condition !== undefined && condition !== etag) return null;
  const ranges = request.range(bytes);
  if (ranges === -1) return 'unsatisfiable';
  if (ranges === undefined || ranges === -2 || ranges.type !== 'bytes' || ranges.length !== 1) return null;
  const [range] = ranges;
  return range ? { start: range.start, end: range.end } : null;
}

/** Names come from business partners: no path, no control or bidirectional characters, limited length. */
function safeName(name: string): string {
  const plain = name
    .toWellFormed()
    // biome-ignore lint/suspicious/noControlCharactersInRegex: removing them is the point
    .replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g, '')
    .replace(/[\\/:*?"<>|]/g, '_')
    .replace(/^[. ]+|[. ]+$/g, '');
  // By characters: a header cannot contain half of a surrogate pair.
  return [...plain].slice(0, 150).join('') || 'document';
}

const safeType = (contentType: string | null): string =>
  contentType !== null && /^[\w.+-]{1,60}\/[\w.+-]{1,80}(; ?charset=[\w-]{1,40})?$/.test(contentType)
    ? contentType
    : 'application/octet-stream';
