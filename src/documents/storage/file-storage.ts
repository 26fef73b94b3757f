import { constants } from 'node:fs';
import { access, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ContentMissing, contentPath, type DocumentStorage, type StoredContent, storageUnavailable } from './storage.ts';
import { isFileSystemError, prepareTemporaryDirectory, type TemporaryFile, writeTemporaryFile } from './temporary-file.ts';

const INCOMING = '.incoming';

/** Contents as files of `directory`, mode 0600: `ab/cd/abcd…`. Written to a temporary file, synced, then renamed: a file that exists is complete. */
export function createFileStorage(directory: string): DocumentStorage {
  const incoming = join(directory, INCOMING);
  const pathOf = (sha256: string) => join(directory, contentPath(sha256));

  return {
    async prepare() {
      try {
        await prepareTemporaryDirectory(incoming, new Date());
        await access(incoming, constants.W_OK | constants.X_OK);
      } catch (error) {
        throw storageUnavailable('The document directory cannot be written to.', error);
      }
    },
    async put(content, options) {
      const written = await writeTemporaryFile(incoming, content, options);
      return moveIntoPlace(written, directory, pathOf(written.sha256));
    },
    async openContent(sha256, range) {
      try {
        const file = await open(pathOf(sha256), 'r');
        return file.createReadStream(range ? { start: range.start, end: range.end } : {});
      } catch (error) {
        throw isMissing(error) ? new ContentMissing(sha256) : error;
      }
    },
    sizeOf: (sha256) => sizeAt(pathOf(sha256)),
    close() {},
  };
}

async function moveIntoPlace({ path, sha256, bytes }: TemporaryFile, root: string, target: string): Promise<StoredContent> {
  try {
    if ((await sizeAt(target)) === bytes) await rm(path);
    else {
      await mkdir(dirname(target), { recursive: true, mode: 0o700 });
      await rename(path, target);
    }
    // The names are durable only when the directories containing them are synced: the new one, and those it may have been created in.
    for (const directory of [dirname(target), dirname(dirname(target)), root]) await syncDirectory(directory);
    return { sha256, bytes };
  } catch (error) {
    await rm(path, { force: true }).catch(() => {});
    throw isFileSystemError(error) ? storageUnavailable('The document cannot be moved into place.', error) : error;
  }
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

async function sizeAt(path: string): Promise<number | null> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

const isMissing = (error: unknown): boolean =>
  error instanceof ContentMissing || (error instanceof Error && 'code' in error && error.code === 'ENOENT');
