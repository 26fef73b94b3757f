import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { Refused, Unavailable } from '../../domain/errors.ts';
import type { WebhookRequest } from '../../platforms/contract/webhook.ts';
import { RefusedWith } from '../problem.ts';
import type { BodyBudget } from './body-budget.ts';

/**
 * Own reading instead of `express.raw()`: that one reads an oversize request to its very end before it answers, unpacks more
 * encodings than we want, and loses the bytes that cannot be unpacked, which must be kept (tried with body-parser 2, November 2026).
 */
export interface BodyRules {
  maxBytes: number;
  budget: BodyBudget;
}

/** A body that has been read. Call `release` once the request is answered: large bodies share a budget of memory. */
export interface ReadBody {
  bytes: Buffer;
  release(): void;
}

const EMPTY = Buffer.alloc(0);
const NOTHING: ReadBody = { bytes: EMPTY, release: () => {} };

/** The raw bytes, unpacked when they come as gzip. Throws `Refused` (413, 415), `Unavailable` when too many large ones are in work. */
export async function readBody(request: IncomingMessage, rules: BodyRules): Promise<ReadBody> {
  const { 'content-length': length, 'transfer-encoding': chunked, 'content-encoding': encoding } = request.headers;
  if (chunked === undefined && (length === undefined || length === '0')) return NOTHING;
  const packed = isPacked(encoding);
  if (Number(length) > rules.maxBytes) throw await tooLarge(request, rules);
  const raw = await collect(request, rules, length === undefined ? null : Number(length)).catch(async (error) => {
    if (error instanceof TooMuch) throw await tooLarge(request, rules);
    throw error instanceof Unavailable ? error : new SenderGone();
  });
  return packed ? unpack(raw, rules) : raw;
}

function isPacked(encoding: string | undefined): boolean {
  if (encoding === undefined || encoding === '' || encoding.toLowerCase() === 'identity') return false;
  if (/^(x-)?gzip$/i.test(encoding)) return true;
  throw new RefusedWith(415, 'unsupported_encoding', 'A body may be sent as it is or packed by gzip.', {
    'Accept-Encoding': 'gzip, identity',
  });
}

/** Bytes that cannot be unpacked are handed on as they are: nobody will be able to read them, and that is how they are kept. */
async function unpack(raw: ReadBody, rules: BodyRules): Promise<ReadBody> {
  const gunzip = createGunzip();
  gunzip.end(raw.bytes);
  try {
    const unpacked = await collect(gunzip, rules, null);
    raw.release();
    return unpacked;
  } catch (error) {
    if (isGzipFault(error)) return raw;
    raw.release();
    throw error instanceof TooMuch ? sizeRefusal(rules) : error;
  } finally {
    gunzip.destroy();
  }
}

const isGzipFault = (error: unknown): boolean => /^Z_/.test(String((error as { code?: unknown }).code));

class TooMuch extends Error {}

/** The sender hung up in the middle: there is nobody left to answer. */
export class SenderGone extends Error {}

/** Up to this size a body is free; a larger one waits for its place in the budget, with its sender held back. */
const FREE_BYTES = 65_536;

/** `announcedBytes`: what the sender said; then a large body is put together in one place as it comes, instead of lying in memory twice. */
function collect(stream: Readable, { maxBytes, budget }: BodyRules, announcedBytes: number | null): Promise<ReadBody> {
  return new Promise((resolve, reject) => {
    let chunks: Buffer[] = [];
    let whole: Buffer | null = null;
    let size = 0;
    let place: Promise<() => void> | null = null;
    const leave = () => {
      chunks = [];
      whole = null;
      place?.then((release) => release()).catch(() => {});
    };
    const fail = (error: unknown) => {
      stream.off('data', take).off('end', finish).off('close', hangUp);
      leave();
      reject(error);
    };
    function take(chunk: Buffer) {
      size += chunk.length;
      if (size > maxBytes) return fail(new TooMuch());
      if (whole !== null && size <= whole.length) chunk.copy(whole, size - chunk.length);
      else chunks.push(chunk);
      if (size > FREE_BYTES && place === null) {
        stream.pause();
        place = budget.enter(announcedBytes ?? maxBytes);
        place.then(admit, fail);
      }
    }
    function admit() {
      if (announcedBytes !== null) {
        whole = Buffer.allocUnsafeSlow(Math.max(announcedBytes, size));
        Buffer.concat(chunks).copy(whole);
        chunks = [];
      }
      stream.resume();
    }
    function finish() {
      stream.off('close', hangUp);
      const bytes = whole?.subarray(0, size) ?? (chunks.length === 1 ? (chunks[0] ?? EMPTY) : Buffer.concat(chunks, size));
      chunks = [];
      resolve({ bytes, release: leave });
    }
    const hangUp = () => fail(new SenderGone());
    stream.on('data', take).once('end', finish).once('close', hangUp).on('error', fail);
  });
}

const sizeRefusal = ({ maxBytes }: BodyRules): Refused => new Refused(413, 'body_too_large', `The body is larger than ${maxBytes} bytes.`);

const DRAIN_MS = 3000;

// Closing at once would reset the connection, and the sender would never read why. So the rest is thrown away for a moment.
async function tooLarge(request: IncomingMessage, rules: BodyRules): Promise<Refused> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, DRAIN_MS);
    const done = () => {
      clearTimeout(timer);
      resolve();
    };
    request.once('end', done).once('close', done).resume();
  });
  const { code, message } = sizeRefusal(rules);
  return new RefusedWith(413, code, message, request.complete ? {} : { Connection: 'close' });
}

const LESS_THAN = 0x3c;
const BEFORE_TEXT = new Set([0x20, 0x09, 0x0a, 0x0d, 0x00, 0xef, 0xbb, 0xbf, 0xfe, 0xff]);
const FORMATS = new Map<string, WebhookRequest['format']>([
  ['application/json', 'json'],
  ['text/json', 'json'],
  ['application/xml', 'xml'],
  ['text/xml', 'xml'],
  ['application/x-www-form-urlencoded', 'form'],
]);

/** How the body is to be read; null: in no way that we know. Without a `Content-Type` its first character tells. */
export function formatOf(contentType: string | undefined, body: Buffer): WebhookRequest['format'] | null {
  if (contentType === undefined || contentType.trim() === '') return firstCharacter(body) === LESS_THAN ? 'xml' : 'json';
  const known = FORMATS.get(contentType);
  if (known) return known;
  const type = (contentType.split(';', 1)[0] ?? '').trim().toLowerCase();
  if (type.endsWith('+json')) return 'json';
  return type.endsWith('+xml') ? 'xml' : (FORMATS.get(type) ?? null);
}

/** The first byte that is neither white space nor part of a byte order mark, nor a zero beside a character in UTF-16. */
function firstCharacter(body: Buffer): number | undefined {
  for (let at = 0; at < body.length; at++) {
    const byte = body[at] ?? 0;
    if (!BEFORE_TEXT.has(byte)) return byte;
  }
  return undefined;
}
