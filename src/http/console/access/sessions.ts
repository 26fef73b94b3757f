import { randomBytes } from 'node:crypto';

const IDLE_MS = 8 * 3_600_000;
// Per key: signing in repeatedly evicts only sessions of the same key.
const MOST_SESSIONS = 20;

export interface Session {
  name: string;
  key: string;
  lastSeenMs: number;
}

/** The console's sessions, in this process's memory, by a random id. */
export interface Sessions {
  /** Returns the id of the new session. */
  open(name: string, key: string): string;
  /** Null: there is no such session, or it has been idle for too long. */
  find(id: string): Session | null;
  close(id: string): void;
}

export function createSessions(nowMs: () => number): Sessions {
  const sessions = new Map<string, Session>();
  return {
    open(name, key) {
      const id = randomBytes(32).toString('base64url');
      dropOldest(sessions, name);
      sessions.set(id, { name, key, lastSeenMs: nowMs() });
      return id;
    },
    find(id) {
      const session = sessions.get(id);
      if (!session) return null;
      if (nowMs() - session.lastSeenMs <= IDLE_MS) return session;
      sessions.delete(id);
      return null;
    },
    close: (id) => void sessions.delete(id),
  };
}

function dropOldest(sessions: Map<string, Session>, keyName: string): void {
  const own = [...sessions].filter(([, session]) => session.name === keyName).sort(([, a], [, b]) => a.lastSeenMs - b.lastSeenMs);
  const [oldest] = own;
  if (own.length >= MOST_SESSIONS && oldest) sessions.delete(oldest[0]);
}
