import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The keys that the settings determine: those of `API_KEYS`, else the generated one. Only their names. */
export const settingsKeyNames = (apiKeys: readonly { name: string }[]): readonly { name: string }[] =>
  apiKeys.length === 0 ? [{ name: GENERATED_KEY }] : apiKeys;

export const GENERATED_KEY = 'admin';

/** The generated admin key and the path of its file (mode 0600), created on the first start without `API_KEYS`. */
export async function generatedApiKey(dataDir: string): Promise<{ path: string; key: string }> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const path = join(dataDir, 'api-key');
  try {
    // `wx`: of two processes that start at the same time, one creates it and the other reads it.
    const file = await open(path, 'wx', 0o600);
    try {
      await file.writeFile(`${randomBytes(24).toString('base64url')}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  return { path, key: (await readFile(path, 'utf8')).trim() };
}
