import pg from 'pg';
import type { Database } from './database.ts';

export type Topic = 'deliveries' | 'feed';

/**
 * Notifications between processes on one PostgreSQL that there is something new. They are only an optimisation: every waiter also polls, since
 * nothing arrives behind PgBouncer in transaction mode, and SQLite has no notifications.
 */
export interface Messages {
  /** Begins to listen. */
  listen(received: (topic: Topic) => void): void;
  /** Whether messages from other processes arrive here. */
  arrive(): boolean;
  send(topic: Topic): void;
  close(): Promise<void>;
}

const CHANNEL = 'orderdock';
/** Messages about one topic within this time are combined. */
const GATHER_MS = 20;
/** How often to test whether messages arrive, and to try to reconnect. */
const PROBE_MS = 15_000;

const NO_MESSAGES: Messages = { listen: () => {}, arrive: () => false, send: () => {}, close: async () => {} };

export function openMessages(url: string, db: Database, sender: string): Messages {
  if (db.dialect.name !== 'postgres') return NO_MESSAGES;
  const gathering = new Map<Topic, { timer: NodeJS.Timeout; again: boolean }>();
  let listener: Listener | null = null;
  const notify = (text: string) =>
    void db.alone.all('select pg_notify(?, ?)', [CHANNEL, `${sender} ${text}`]).catch(() => {
      // The database is unreachable: waiters fall back to polling.
    });
  function send(topic: Topic): void {
    const known = gathering.get(topic);
    if (known) {
      known.again = true;
      return;
    }
    notify(topic);
    const timer = setTimeout(() => {
      const { again } = gathering.get(topic) ?? { again: false };
      gathering.delete(topic);
      if (again) send(topic);
    }, GATHER_MS);
    gathering.set(topic, { timer, again: false });
  }
  return {
    listen(received) {
      listener = createListener(url, sender, { received, probe: () => notify('probe') });
    },
    arrive: () => listener?.arrive() ?? false,
    send,
    async close() {
      for (const { timer } of gathering.values()) clearTimeout(timer);
      await listener?.close();
    },
  };
}

interface Listener {
  arrive(): boolean;
  close(): Promise<void>;
}

/** A separate connection that listens. It sends a probe to itself: only if that arrives do the messages of others arrive too. */
function createListener(url: string, sender: string, { received, probe }: { received(topic: Topic): void; probe(): void }): Listener {
  let client: pg.Client | null = null;
  let lastProbeMs = Number.NEGATIVE_INFINITY;
  let closed = false;

  function onMessage(payload = ''): void {
    const [from, text] = payload.split(' ');
    if (from === sender && text === 'probe') lastProbeMs = performance.now();
    if (from !== sender && (text === 'deliveries' || text === 'feed')) received(text);
  }
  async function connect(): Promise<void> {
    const fresh = new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: 4000,
      keepAlive: true,
      application_name: 'orderdock listen',
    });
    fresh.on('notification', (message) => onMessage(message.payload));
    fresh.on('error', () => {});
    fresh.on('end', () => {
      if (client === fresh) client = null;
      lastProbeMs = Number.NEGATIVE_INFINITY;
    });
    await fresh.connect();
    await fresh.query(`listen ${CHANNEL}`);
    if (closed) await fresh.end();
    else client = fresh;
  }
  async function look(): Promise<void> {
    try {
      if (client === null) await connect();
      if (!closed) probe();
    } catch {
      // It is retried with the next probe; until then waiters poll.
    }
  }
  const timer = setInterval(() => void look(), PROBE_MS);
  const first = look();
  return {
    arrive: () => performance.now() - lastProbeMs < 2.5 * PROBE_MS,
    async close() {
      closed = true;
      clearInterval(timer);
      await first;
      await client?.end();
    },
  };
}
