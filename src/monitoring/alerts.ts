import type { Context } from '../context.ts';
import type { Alert, Alerts } from '../domain/alert.ts';
import { errorText } from '../domain/outcome.ts';
import {
  type AlertRow,
  alertKey,
  closeAlert,
  isAlertOpen,
  lockAlert,
  markAlertUnsent,
  readOpenAlerts,
  upsertAlert,
} from '../store/monitoring/alerts.ts';

/** What goes out: `ALERT_WEBHOOK_URL` is given this as JSON. */
export interface AlertMessage extends Alert {
  /** ISO 8601 UTC. */
  at: string;
}

export interface AlertDependencies extends Pick<Context, 'db' | 'clock' | 'log'> {
  /** Sends a message outside; null: nobody wants it. Throws when it was not taken. */
  post: ((message: AlertMessage) => Promise<void>) | null;
}

export interface AlertDispatcher extends Alerts {
  /** Sends again what did not go out. */
  resend(): Promise<void>;
  /** Waits until everything that was opened and closed so far is stored and sent. */
  settled(): Promise<void>;
}

const REPEAT_MS = 3_600_000;

type Move = { do: 'open'; alert: Alert; times: number } | { do: 'close'; code: string; connection: string | null; text: string };

/**
 * Alerts are states: one per code and connection, shared by all processes. It is told when one begins, at most once an hour while it lasts
 * (at once when it gets worse), and when it has ended. A thousand openings at the same moment are one.
 */
export function createAlerts(ports: AlertDependencies): AlertDispatcher {
  const waiting = new Map<string, Move>();
  let running: Promise<void> | null = null;

  function take(key: string, move: Move): void {
    waiting.set(key, move);
    running ??= run();
  }
  async function run(): Promise<void> {
    for (let next = waiting.entries().next(); !next.done; next = waiting.entries().next()) {
      const [key, move] = next.value;
      waiting.delete(key);
      await (move.do === 'open' ? open(ports, key, move) : close(ports, key, move)).catch((error: unknown) =>
        sayAnyway(ports, move, error),
      );
    }
    // In the same breath as the last look: what comes now starts anew.
    running = null;
  }
  return {
    open(alert) {
      const key = alertKey(alert.code, alert.connection, alert.subject);
      const known = waiting.get(key);
      take(key, { do: 'open', alert, times: known?.do === 'open' ? known.times + 1 : 1 });
    },
    close: (code, connection, text, subject) => take(alertKey(code, connection, subject), { do: 'close', code, connection, text }),
    async resend() {
      for (const row of await readOpenAlerts(ports.db.read)) {
        if (row.lastSentAt === null && ports.post) await open(ports, row.key, { do: 'open', alert: row, times: 0 }).catch(() => undefined);
      }
    },
    async settled() {
      while (running) await running;
    },
  };
}

const LEVELS = ['info', 'warning', 'critical'];

/**
 * Whether a message is due: the state is new, or got worse, or was last reported an hour ago. Nothing is due while it is muted; once somebody
 * has acknowledged it, only that it got worse.
 */
export function isDue(held: AlertRow | null, alert: Alert, now: Date): boolean {
  if (held !== null && isMuted(held, now)) return false;
  if (held === null || held.closedAt !== null || held.lastSentAt === null) return true;
  if (LEVELS.indexOf(alert.level) > LEVELS.indexOf(held.level)) return true;
  return held.acknowledgedAt === null && now.getTime() - Date.parse(held.lastSentAt) >= REPEAT_MS;
}

const isMuted = ({ mutedUntil }: AlertRow, now: Date): boolean => mutedUntil !== null && now.toISOString() < mutedUntil;

async function open(ports: AlertDependencies, key: string, { alert, times }: { do: 'open'; alert: Alert; times: number }): Promise<void> {
  const now = ports.clock.now();
  const at = now.toISOString();
  const { due, row } = await ports.db.write(async (sql) => {
    const held = await lockAlert(sql, key);
    const lasting = held?.closedAt === null ? held : null;
    const isNow = isDue(held, alert, now);
    const { level, code, text, connection, details } = alert;
    const next: AlertRow = {
      ...{ key, level, code, text, connection, details },
      openedAt: lasting?.openedAt ?? at,
      lastSentAt: isNow ? at : (held?.lastSentAt ?? null),
      closedAt: null,
      count: (lasting?.count ?? 0) + times,
      acknowledgedAt: lasting?.acknowledgedAt ?? null,
      acknowledgedBy: lasting?.acknowledgedBy ?? null,
      // A state that comes and goes stays muted.
      mutedUntil: held?.mutedUntil ?? null,
    };
    await upsertAlert(sql, next);
    return { due: isNow, row: next };
  });
  if (!due) return;
  const details = row.count > 1 ? { ...alert.details, count: row.count, since: row.openedAt } : alert.details;
  say(ports, alert);
  await send(ports, key, { level: alert.level, code: alert.code, text: alert.text, connection: alert.connection, at, details });
}

async function close(
  ports: AlertDependencies,
  key: string,
  move: { code: string; connection: string | null; text: string },
): Promise<void> {
  if (!(await isAlertOpen(ports.db.read, key))) return;
  const at = ports.clock.now().toISOString();
  const closed = await ports.db.write((sql) => closeAlert(sql, key, at));
  if (!closed) return;
  const { code, connection, text } = move;
  ports.log.info('alert_closed', { code, connection, text });
  if (closed.lastSentAt === null || isMuted(closed, ports.clock.now())) return;
  await send(ports, null, {
    level: 'info',
    code,
    text,
    connection,
    at,
    details: { closed: true, since: closed.openedAt, count: closed.count },
  });
}

/** A message that was not taken stays due: the next opening, or `resend`, tries again. A closing message is not repeated. */
async function send(ports: AlertDependencies, key: string | null, message: AlertMessage): Promise<void> {
  try {
    await ports.post?.(message);
  } catch (error) {
    ports.log.warn('alert_not_sent', { code: message.code, connection: message.connection, error: errorText(error) });
    if (key !== null) await ports.db.write((sql) => markAlertUnsent(sql, key));
  }
}

function say({ log }: AlertDependencies, { level, code, connection, text }: Alert): void {
  (level === 'critical' ? log.error : log.warn)('alert', { level, code, connection, text });
}

/** The store cannot be asked what was told already: the log has it in any case. */
function sayAnyway(ports: AlertDependencies, move: Move, error: unknown): void {
  if (move.do === 'open') say(ports, move.alert);
  ports.log.warn('alert_not_stored', { error: errorText(error) });
}
