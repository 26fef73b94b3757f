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

/** Where the contents of documents are kept, under the SHA-256 of their bytes: the same content is held once, whoever announced it. */
export interface DocumentStorage {
  /** Makes the place ready and sees that it can be written to. Throws `Unavailable('storage_unavailable')`. */
  prepare(): Promise<void>;
  /**
   * Takes all of `content` and resolves when it is safe against a loss of power. Nothing of it remains when it throws: `ContentTooLarge` above
   * `maxBytes`, `Unavailable('storage_unavailable')` when the place cannot take it, else what `content` itself failed with.
   */
  put(content: Readable, options: { maxBytes: number; stop?: AbortSignal }): Promise<StoredContent>;
  /** The bytes under this SHA-256; null range: all of them. Throws `ContentMissing`. */
  openContent(sha256: string, range: ByteRange | null): Promise<Readable>;
  /** Their number; null where nothing is held under this SHA-256. */
  sizeOf(sha256: string): Promise<number | null>;
  /** Lets go of connections. */
  close(): void;
}

export class ContentTooLarge extends OrderdockError {
  constructor(maxBytes: number) {
    super('too_large', `The document has more than ${maxBytes} bytes.`);
  }
}

/** The rows say that the content is held, but the storage does not have it: someone else has been there. */
export class ContentMissing extends OrderdockError {
  constructor(sha256: string) {
    super('content_missing', `The storage does not hold the content ${sha256}.`);
  }
}

export const storageUnavailable = (text: string, cause: unknown): Unavailable =>
  new Unavailable('storage_unavailable', `${text} (${reasonOf(cause)})`, 60_000, { cause });

const reasonOf = (cause: unknown): string =>
  cause instanceof Error ? ('code' in cause && typeof cause.code === 'string' ? cause.code : cause.name) : 'unknown reason';

/** Counts and hashes what flows through; fails with `ContentTooLarge` at the first byte too many. */
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

/** `ab/cd/abcd…`. An address that is no SHA-256 leads nowhere: no other text ever becomes part of a path. */
export function contentPath(sha256: string): string {
  if (!SHA256.test(sha256)) throw new ContentMissing('(unreadable)');
  return `${sha256.slice(0, 2)}/${sha256.slice(2, 4)}/${sha256}`;
}
