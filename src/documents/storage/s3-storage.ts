import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { GetObjectCommand, HeadBucketCommand, HeadObjectCommand, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { ContentMissing, contentPath, type DocumentStorage, storageUnavailable } from './storage.ts';
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
export function createS3Storage({ bucket, prefix, endpoint, workDirectory }: S3Place): DocumentStorage {
  const client = new S3Client({
    region: process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION ?? DEFAULT_REGION,
    ...(endpoint === null ? {} : { endpoint, forcePathStyle: true }),
    // Many compatible servers do not know the trailing checksums that the client sends by default since 2025-01.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  const objectOf = (sha256: string) => ({ Bucket: bucket, Key: `${prefix === '' ? '' : `${prefix}/`}${contentPath(sha256)}` });
  const guarded = <T>(work: () => Promise<T>): Promise<T> =>
    work().catch((error: unknown) => {
      throw storageUnavailable('The document bucket rejects requests.', error);
    });

  async function sizeOf(sha256: string): Promise<number | null> {
    try {
      return (await client.send(new HeadObjectCommand(objectOf(sha256)))).ContentLength ?? null;
    } catch (error) {
      if (isMissing(error)) return null;
      throw storageUnavailable('The document bucket cannot be queried.', error);
    }
  }
  async function upload(path: string, sha256: string, bytes: number): Promise<void> {
    if ((await sizeOf(sha256)) === bytes) return;
    const params = { ...objectOf(sha256), Body: createReadStream(path), ContentType: 'application/octet-stream' };
    await guarded(() => new Upload({ client, params, queueSize: 2, partSize: PART_BYTES }).done());
    const stored = await sizeOf(sha256);
    if (stored !== bytes) throw storageUnavailable(`The bucket contains ${stored} of ${bytes} bytes.`, null);
  }

  return {
    async prepare() {
      await guarded(async () => {
        await prepareTemporaryDirectory(workDirectory, new Date());
        await client.send(new HeadBucketCommand({ Bucket: bucket }));
      });
    },
    async put(content, options) {
      const { path, sha256, bytes } = await writeTemporaryFile(workDirectory, content, options);
      try {
        await upload(path, sha256, bytes);
      } finally {
        await rm(path, { force: true });
      }
      return { sha256, bytes };
    },
    async openContent(sha256, range) {
      try {
        const asked = range ? { Range: `bytes=${range.start}-${range.end}` } : {};
        const { Body } = await client.send(new GetObjectCommand({ ...objectOf(sha256), ...asked }));
        if (!(Body instanceof Readable)) throw new TypeError('The S3 client returned no Node.js stream.');
        return Body;
      } catch (error) {
        throw isMissing(error) ? new ContentMissing(sha256) : storageUnavailable('The document bucket cannot be read.', error);
      }
    },
    sizeOf,
    close: () => client.destroy(),
  };
}

const isMissing = (error: unknown): boolean => {
  if (error instanceof ContentMissing) return true;
  return error instanceof S3ServiceException && (error.$metadata.httpStatusCode === 404 || /^(NoSuchKey|NotFound)$/.test(error.name));
};
