import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { GetObjectCommand, HeadBucketCommand, HeadObjectCommand, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
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
  /** Before every key, without slashes at its ends; may be empty. */
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

  constructor(place: S3Place) {
    this.place = place;
    this.client = clientFor(place.endpoint);
  }

  prepare(): Promise<void> {
    return guarded(async () => {
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
      const asked = range ? { Range: `bytes=${range.start}-${range.end}` } : {};
      const { Body } = await this.client.send(new GetObjectCommand({ ...this.objectOf(sha256), ...asked }));
      if (!(Body instanceof Readable)) throw new TypeError('The S3 client returned no Node.js stream.');
      return Body;
    } catch (error) {
      throw isMissing(error) ? new ContentMissing(sha256) : storageUnavailable('The document bucket cannot be read.', error);
    }
  }

  async sizeOf(sha256: string): Promise<number | null> {
    try {
      return (await this.client.send(new HeadObjectCommand(this.objectOf(sha256)))).ContentLength ?? null;
    } catch (error) {
      if (isMissing(error)) return null;
      throw storageUnavailable('The document bucket cannot be queried.', error);
    }
  }

  close(): void {
    this.client.destroy();
  }

  private async upload(path: string, sha256: string, bytes: number): Promise<void> {
    if ((await this.sizeOf(sha256)) === bytes) return;
    const params = { ...this.objectOf(sha256), Body: createReadStream(path), ContentType: 'application/octet-stream' };
    await guarded(() => new Upload({ client: this.client, params, queueSize: 2, partSize: PART_BYTES }).done());
    const stored = await this.sizeOf(sha256);
    if (stored !== bytes) throw storageUnavailable(`The bucket contains ${stored} of ${bytes} bytes.`, null);
  }

  private objectOf(sha256: string): { Bucket: string; Key: string } {
    const { bucket, prefix } = this.place;
    return { Bucket: bucket, Key: `${prefix === '' ? '' : `${prefix}/`}${contentPath(sha256)}` };
  }
}

const clientFor = (endpoint: string | null): S3Client =>
  new S3Client({
    region: process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION ?? DEFAULT_REGION,
    ...(endpoint === null ? {} : { endpoint, forcePathStyle: true }),
    // Many compatible servers do not know the trailing checksums that the client sends by default since 2025-01.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });

const guarded = <T>(work: () => Promise<T>): Promise<T> =>
  work().catch((error: unknown) => {
    throw storageUnavailable('The document bucket rejects requests.', error);
  });

const isMissing = (error: unknown): boolean => {
  if (error instanceof ContentMissing) return true;
  return error instanceof S3ServiceException && (error.$metadata.httpStatusCode === 404 || /^(NoSuchKey|NotFound)$/.test(error.name));
};
