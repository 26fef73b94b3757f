import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { GetObjectCommand, HeadBucketCommand, HeadObjectCommand, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { Unavailable } from '../../domain/errors.ts';
import { isObject } from '../../domain/values/json.ts';
import { retryAfterMs } from '../../domain/values/retry-after.ts';
import {
  type ByteRange,
  ContentMissing,
  contentPath,
  type DocumentStorage,
  type PutOptions,
  type StoredContent,
  storageUnavailable,
} from './storage.ts';
import { prepareTemporaryDirectory, writeTemporaryFile } from './temporary-file.ts';

export interface S3Place {
  bucket: string;
  /** The prefix of every key, without slashes at its ends; may be empty. */
  prefix: string;
  /** An S3-compatible server; null: AWS. */
  endpoint: string | null;
  /** A directory of our own: contents pass through it. */
  workDirectory: string;
}

const PART_BYTES = 8 * 1024 * 1024;
// AWS has a region in every address; other servers accept any.
const DEFAULT_REGION = 'us-east-1';

/**
 * Contents as objects of a bucket. The key is the hash, so content is written to a local temporary file first and uploaded when its hash is
 * known: an object that exists is complete. Credentials and region come from the usual AWS variables.
 */
export const createS3Storage = (place: S3Place): DocumentStorage => new S3Storage(place);

class S3Storage implements DocumentStorage {
  private readonly place: S3Place;
  private readonly client: S3Client;
  /** Until when the server has asked not to be called, milliseconds since 1970. */
  private pausedUntilMs = 0;

  constructor(place: S3Place) {
    this.place = place;
    this.client = clientFor(place.endpoint);
  }

  prepare(): Promise<void> {
    return this.guarded(async () => {
      await prepareTemporaryDirectory(this.place.workDirectory, new Date());
      await this.client.send(new HeadBucketCommand({ Bucket: this.place.bucket }));
    });
  }

  async put(content: Readable, options: PutOptions): Promise<StoredContent> {
    const { path, sha256, bytes } = await writeTemporaryFile(this.place.workDirectory, content, options);
    try {
      await this.upload(path, sha256, bytes);
    } finally {
      await rm(path, { force: true });
    }
    return { sha256, bytes };
  }

  async openContent(sha256: string, range: ByteRange | null): Promise<Readable> {
    try {
      const rangeHeader = range ? { Range: `bytes=${range.start}-${range.end}` } : {};
      return await this.guarded(async () => {
        const { Body } = await this.client.send(new GetObjectCommand({ ...this.objectOf(sha256), ...rangeHeader }));
        if (!(Body instanceof Readable)) throw new TypeError('The S3 client returned no Node.js stream.');
        return Body;
      }, 'The document bucket cannot be read.');
    } catch (error) {
      throw isMissing(error) ? new ContentMissing(sha256) : error;
    }
  }

  async sizeOf(sha256: string): Promise<number | null> {
    try {
      const head = () => this.client.send(new HeadObjectCommand(this.objectOf(sha256)));
      return (await this.guarded(head, 'The document bucket cannot be queried.')).ContentLength ?? null;
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  }

  close(): void {
    this.client.destroy();
  }

  private async upload(path: string, sha256: string, bytes: number): Promise<void> {
    if ((await this.sizeOf(sha256)) === bytes) return;
    const params = { ...this.objectOf(sha256), Body: createReadStream(path), ContentType: 'application/octet-stream' };
    await this.guarded(() => new Upload({ client: this.client, params, queueSize: 2, partSize: PART_BYTES }).done());
    const stored = await this.sizeOf(sha256);
    if (stored !== bytes) throw storageUnavailable(`The bucket contains ${stored} of ${bytes} bytes.`, null);
  }

  /** Calls the server, unless a pause that it requested has not ended. Throws `Unavailable` with the requested pause. */
  private async guarded<T>(work: () => Promise<T>, text = 'The document bucket rejects requests.'): Promise<T> {
    const leftMs = this.pausedUntilMs - Date.now();
    if (leftMs > 0) throw storageUnavailable('The document bucket asked not to be called for a while.', null, leftMs);
    try {
      return await work();
    } catch (error) {
      const pauseMs = retryAfterMs(headersOf(error), new Date());
      if (pauseMs !== null) this.pausedUntilMs = Date.now() + pauseMs;
      throw storageUnavailable(text, error, pauseMs ?? undefined);
    }
  }

  private objectOf(sha256: string): { Bucket: string; Key: string } {
    const { bucket, prefix } = this.place;
    return { Bucket: bucket, Key: `${prefix === '' ? '' : `${prefix}/`}${contentPath(sha256)}` };
  }
}

function clientFor(endpoint: string | null): S3Client {
  const client = new S3Client({
    region: process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION ?? DEFAULT_REGION,
    ...(endpoint === null ? {} : { endpoint, forcePathStyle: true }),
    // Many compatible servers do not know the trailing checksums that the client sends by default since 2025-01.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  client.config.retryStrategy = sparingRetries(client.config.retryStrategy);
  return client;
}

type RetryStrategy = S3Client['config']['retryStrategy'];

/** The longest pause that the client's own retries handle. */
const OWN_RETRY_MS = 5000;

/** The client's own retries come within seconds, whatever the server asks for: they are skipped if it asks for longer. */
const sparingRetries =
  (usual: RetryStrategy): RetryStrategy =>
  async () => {
    const strategy = await usual();
    if (!('refreshRetryTokenForRetry' in strategy)) return strategy;
    return {
      acquireInitialRetryToken: (scope) => strategy.acquireInitialRetryToken(scope),
      recordSuccess: (token) => strategy.recordSuccess(token),
      async refreshRetryTokenForRetry(token, failure) {
        if ((failure.retryAfterHint?.getTime() ?? 0) > Date.now() + OWN_RETRY_MS) throw new Error('The server asks for a longer pause.');
        return strategy.refreshRetryTokenForRetry(token, failure);
      },
    };
  };

/** The headers of the response that caused an error of the client. */
function headersOf(error: unknown): Record<string, string> {
  const response = error instanceof S3ServiceException ? error.$response : undefined;
  return response && isObject(response.headers) ? response.headers : {};
}

const isMissing = (error: unknown): boolean => {
  if (error instanceof ContentMissing) return true;
  if (error instanceof Unavailable) return isMissing(error.cause);
  return error instanceof S3ServiceException && (error.$metadata.httpStatusCode === 404 || /^(NoSuchKey|NotFound)$/.test(error.name));
};
