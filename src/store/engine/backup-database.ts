import { chmod, stat } from 'node:fs/promises';
import knex from 'knex';

/**
 * Writes a consistent copy of an SQLite database to `path`, which must not exist, and returns its size in bytes. Reading it takes no lock that a
 * writer would wait for; the copy is compact and has no side files (sqlite.org/lang_vacuum.html, VACUUM INTO).
 */
export async function backupDatabase(filename: string, path: string): Promise<number> {
  const db = knex({ client: 'sqlite3', connection: { filename }, useNullAsDefault: true, pool: { min: 1, max: 1 } });
  try {
    await db.raw('vacuum into ?', [path]);
  } finally {
    await db.destroy();
  }
  await chmod(path, 0o600);
  return (await stat(path)).size;
}
