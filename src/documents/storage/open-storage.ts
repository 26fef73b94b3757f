import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OrderdockError } from '../../domain/errors.ts';
import { createFileStorage } from './file-storage.ts';
import { createS3Storage } from './s3-storage.ts';
import type { DocumentStorage } from './storage.ts';

/**
 * The storage that `DOCUMENTS_URL` names: `file:DIRECTORY` (or `file:///…`) or `s3://bucket/prefix`, there with `endpoint` for a server other than AWS
 * and `workDirectory` for what is on its way. Nothing is opened before `prepare`. Throws `OrderdockError('invalid_documents_url')`.
 */
export function openDocumentStorage(url: string, ground: { endpoint: string | null; workDirectory: string }): DocumentStorage {
  const s3 = /^s3:\/\/([^/]+)(?:\/(.*))?$/.exec(url);
  if (s3) return createS3Storage({ bucket: s3[1] ?? '', prefix: (s3[2] ?? '').replace(/^\/+|\/+$/g, ''), ...ground });
  if (url.startsWith('file://')) return createFileStorage(fileURLToPath(url));
  if (url.startsWith('file:')) return createFileStorage(resolve(url.slice('file:'.length)));
  throw new OrderdockError('invalid_documents_url', 'DOCUMENTS_URL: expected file:DIRECTORY or s3://bucket/prefix');
}
