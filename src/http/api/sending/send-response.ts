import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { Request, Response } from 'express';

const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } };
const COMPRESS = {
  br: (body: Buffer) => promisify(brotliCompress)(body, BROTLI),
  gzip: (body: Buffer) => promisify(gzip)(body, { level: 4 }),
};
/** Smaller bodies fit into one packet anyway. */
const COMPRESS_FROM_BYTES = 1024;

/** Sends a text, compressed if the client accepts that and the size warrants it. */
export async function sendText(request: Request, response: Response, contentType: string, text: string): Promise<void> {
  let body = Buffer.from(text);
  response.setHeader('Content-Type', contentType);
  response.vary('Accept-Encoding');
  const encoding = body.length > COMPRESS_FROM_BYTES ? request.acceptsEncodings('br', 'gzip', 'identity') : false;
  if (encoding === 'br' || encoding === 'gzip') {
    body = await COMPRESS[encoding](body);
    response.setHeader('Content-Encoding', encoding);
  }
  response.setHeader('Content-Length', body.length);
  response.end(request.method === 'HEAD' ? undefined : body);
}

export const JSON_TYPE = 'application/json; charset=utf-8';
export const CSV_TYPE = 'text/csv; charset=utf-8; header=present';

export const sendJson = (request: Request, response: Response, body: unknown): Promise<void> =>
  sendText(request, response, JSON_TYPE, JSON.stringify(body));

/**
 * True when `If-None-Match` names this version. Not Express's `fresh`: that ignores the condition for `Cache-Control: no-cache`, which
 * fetch adds to every conditional request by itself.
 */
export function isNotModified(request: Request, etag: string): boolean {
  const condition = request.get('if-none-match');
  if (condition === undefined) return false;
  const bare = (tag: string) => tag.trim().replace(/^W\//, '');
  return condition.trim() === '*' || condition.split(',').some((tag) => bare(tag) === bare(etag));
}

/** A single resource: with an `ETag` of its content, and 304 for a client that already has it. */
export async function sendResource(request: Request, response: Response, resource: unknown): Promise<void> {
  const text = JSON.stringify(resource);
  const etag = `W/"${createHash('sha256').update(text).digest('base64url').slice(0, 27)}"`;
  response.setHeader('ETag', etag);
  if (isNotModified(request, etag)) return void response.status(304).end();
  await sendText(request, response, JSON_TYPE, text);
}

/** Whether the client requested CSV: by a path ending in `.csv`, or by `Accept`. */
export function wantsCsv(request: Request, response: Response): boolean {
  if (response.locals.isCsv === true) return true;
  response.vary('Accept');
  // With their parameters, which a client may name too: `text/csv; charset=utf-8`.
  return request.accepts(JSON_TYPE, CSV_TYPE) === CSV_TYPE;
}

/** CSV has no place for the next page's address but the `Link` header. */
export const linkNext = (request: Request, response: Response, next: string): Response =>
  response.setHeader('Link', `<${nextAddress(request, next)}>; rel="next"`);

function nextAddress(request: Request, next: string): string {
  const [path = '', query] = request.originalUrl.split('?');
  const parameters = new URLSearchParams(query);
  parameters.set('after', next);
  return `${path}?${parameters}`;
}
