import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OrderdockError } from '../../domain/errors.ts';
import { createFileStorage } from './file-storage.ts';
import type { DocumentStorage } from './storage.ts';

/**
 * The storage that `DOCUMENTS_URL` specifies: `file:DIRECTORY` (or `file:///…`) or `s3://bucket/prefix`, the latter with `endpoint` for a server
 * other than AWS and `workDirectory` for uploads in progress. Nothing is opened before `prepare`. Throws `OrderdockError('invalid_documents_url')`.
 */
export async function openDocumentStorage(
  url: string,
  options: { endpoint: string | null; workDirectory: string },
): Promise<DocumentStorage> {
  const s3 = /^s3:\/\/([^/]+)(?:\/(.*))?$/.exec(url);
  if (s3) {
    const { createS3Storage } = await loadS3();
    return createS3Storage({ bucket: s3[1] ?? '', prefix: (s3[2] ?? '').replace(/^\/+|\/+$/g, ''), ...options });
  }
  if (url.startsWith('file://')) return createFileStorage(fileURLToPath(url));
  if (url.startsWith('file:')) return createFileStorage(resolve(url.slice('file:'.length)));
  throw new OrderdockError('invalid_documents_url', 'DOCUMENTS_URL: expected file:DIRECTORY or s3://bucket/prefix');
}

/** The S3 client is an optional dependency: an installation that stores documents in files does not need it. */
async function loadS3(): Promise<typeof import('./s3-storage.ts')> {
  try {
    return await import('./s3-storage.ts');
  } catch (cause) {
    throw new OrderdockError(
      'missing_dependency',
      'DOCUMENTS_URL names S3, but its client is not installed: npm install @aws-sdk/client-s3 @aws-sdk/lib-storage',
      { cause },
    );
  }
}
