import type { Database } from '../engine/database.ts';

/** Logins at platforms, shared by all processes. The caller encrypts what is stored: see `SessionStore` in the remote folder. */
export function createSessions(db: Database, now: () => Date) {
  return {
    async read(connection: string): Promise<string | null> {
      const [row] = await db.read.all<{ sealed: string }>('select sealed from sessions where connection = ?', [connection]);
      return row?.sealed ?? null;
    },
    async write(connection: string, encrypted: string): Promise<void> {
      await db.write((sql) =>
        sql.all(
          `insert into sessions (connection, sealed, renewed_at) values (?, ?, ?)
           on conflict (connection) do update set sealed = excluded.sealed, renewed_at = excluded.renewed_at`,
          [connection, encrypted, now().toISOString()],
        ),
      );
    },
  };
}
