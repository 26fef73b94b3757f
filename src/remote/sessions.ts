import type { Limits, SessionStore } from './remote.ts';

/** Sessions for a single process that shares none. */
export function createLocalSessions(): SessionStore {
  const encrypted = new Map<string, string>();
  return {
    read: async (connection) => encrypted.get(connection) ?? null,
    write: async (connection, text) => void encrypted.set(connection, text),
  };
}

/** See `Remote.shareSession`. */
export const createShareSession =
  (connection: string, limits: Limits, sessions: SessionStore) =>
  (work: (encrypted: string | null) => Promise<string>): Promise<string> =>
    limits.alone(`session:${connection}`, async () => {
      const current = await sessions.read(connection);
      const next = await work(current);
      if (next !== current) await sessions.write(connection, next);
      return next;
    });
