import { createHash } from 'node:crypto';
import { type Readable, Transform } from 'node:stream';
import { OrderdockError, Unavailable } from '../../domain/errors.ts';

/** A part of a content's bytes: `start` and `end` included. */
export interface ByteRange {
  start: number;
  end: number;
}

export interface StoredContent {
  /** SHA-256 of the bytes, lower-case hex: their address. */
  sha256: string;
  bytes: number;
}

export interface PutOptions {
  maxBytes: number;
  stop?: AbortSignal;
}

/** Stores the contents of documents under the SHA-256 of their bytes: the same content is stored once, regardless of who announced it. */
export interface DocumentStorage {
  /** Prepares the storage and verifies that it can be written to. Throws `Unavailable('storage_unavailable')`. */
  prepare(): Promise<void>;
  /**
   * Stores all of `content` and resolves when it is safe against a power failure. Nothing remains when it throws: `ContentTooLarge` above
   * `maxBytes`, `Unavailable('storage_unavailable')` if the storage fails, otherwise the error of `content` itself.
   */
  put(content: Readable, options: PutOptions): Promise<StoredContent>;
  /** The bytes under this SHA-256; null range: all of them. Throws `ContentMissing`. */
  openContent(sha256: string, range: ByteRange | null): Promise<Readable>;
  /** Their number; null if nothing is stored under this SHA-256. */
  sizeOf(sha256: string): Promise<number | null>;
  /** Closes connections. */
  close(): void;
}

export class ContentTooLarge extends OrderdockError {
  constructor(maxBytes: number) {
    super('too_large', `The document has more than ${maxBytes} bytes.`);
  }
}

/** According to its row the content is stored, but the storage does not have it: it was removed from outside. */
export class ContentMissing extends OrderdockError {
  constructor(sha256: string) {
    super('content_missing', `The storage does not contain the content ${sha256}.`);
  }
}

const USUAL_WAIT_MS = 60_000;

/** `waitMs`: the pause that the storage asks for, milliseconds. */
export const storageUnavailable = (text: string, cause: unknown, waitMs = USUAL_WAIT_MS): Unavailable =>
  new Unavailable('storage_unavailable', `${text} (${reasonOf(cause)})`, waitMs, { cause });

const reasonOf = (cause: unknown): string =>
  cause instanceof Error ? ('code' in cause && typeof cause.code === 'string' ? cause.code : cause.name) : 'unknown reason';

/** Counts and hashes what flows through; fails with `ContentTooLarge` at the first byte over the limit. */
export function createMeter(maxBytes: number): { through: Transform; measured(): StoredContent } {
  const hash = createHash('sha256');
  let bytes = 0;
  const through = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > maxBytes) return done(new ContentTooLarge(maxBytes));
      hash.update(chunk);
      done(null, chunk);
    },
  });
  return { through, measured: () => ({ sha256: hash.digest('hex'), bytes }) };
}

const SHA256 = /^[0-9a-f]{64}$/;

/** `ab/cd/abcd…`. Only a valid SHA-256 is accepted: no other text ever becomes part of a path. */
export function contentPath(sha256: string): string {
  if (!SHA256.test(sha256)) throw new ContentMissing('(unreadable)');
  return `${sha256.slice(0, 2)}/${sha256.slice(2, 4)}/${sha256}`;
}
