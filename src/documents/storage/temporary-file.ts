import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createMeter, type StoredContent, storageUnavailable } from './storage.ts';

export interface TemporaryFile extends StoredContent {
  path: string;
}

const FILE_SYSTEM_ERRORS: ReadonlySet<unknown> = new Set([
  'ENOSPC',
  'EDQUOT',
  'EIO',
  'EROFS',
  'EACCES',
  'EPERM',
  'EMFILE',
  'ENFILE',
  'ENOENT',
  'ENOTDIR',
  'EEXIST',
]);

/** True for errors of the file system; failures of a download have other codes. */
export const isFileSystemError = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && FILE_SYSTEM_ERRORS.has(error.code);

/** Writes `content` to a new file in `directory` (mode 0600), synced; the file is removed if this throws. See `DocumentStorage.put`. */
export async function writeTemporaryFile(
  directory: string,
  content: Readable,
  options: { maxBytes: number; stop?: AbortSignal },
): Promise<TemporaryFile> {
  const path = join(directory, `${randomUUID()}.part`);
  const meter = createMeter(options.maxBytes);
  try {
    // The directory may have been unavailable at the start: once it is back, it is used again.
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const file = await open(path, 'wx', 0o600);
    try {
      await pipeline(content, meter.through, (chunks) => file.writeFile(chunks), options.stop ? { signal: options.stop } : {});
      await file.sync();
    } finally {
      await file.close();
    }
    return { path, ...meter.measured() };
  } catch (error) {
    content.destroy();
    await rm(path, { force: true }).catch(() => {});
    throw isFileSystemError(error) ? storageUnavailable('The document cannot be written to disk.', error) : error;
  }
}

const STALE_AFTER_MS = 24 * 3_600_000;

/** Creates the directory, and removes what a crashed process left in it. */
export async function prepareTemporaryDirectory(directory: string, now: Date): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  for (const name of await readdir(directory)) {
    if (!name.endsWith('.part')) continue;
    const found = await stat(join(directory, name)).catch(() => null);
    if (found && now.getTime() - found.mtimeMs > STALE_AFTER_MS) await rm(join(directory, name), { force: true });
  }
}
