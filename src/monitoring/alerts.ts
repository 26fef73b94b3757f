import type { Context } from '../context.ts';
import type { Alert, Alerts } from '../domain/alert.ts';
import { isoTime } from '../domain/clock.ts';
import { type CurrentRequest, currentRequest, runInRequest } from '../domain/current-request.ts';
import { RemoteFailure } from '../domain/errors.ts';
import { errorText } from '../domain/outcome.ts';
import {
  type AlertRow,
  alertKey,
  closeAlert,
  describeAlert,
  isAlertOpen,
  keepClosing,
  lockAlert,
  markAlertUnsent,
  readOpenAlerts,
  readSendPause,
  readUnsentClosings,
  upsertAlert,
} from '../store/monitoring/alerts.ts';
import { readFacts } from './update-alerts.ts';

/** The message that is posted to `ALERT_WEBHOOK_URL` as JSON. */
export interface AlertMessage extends Alert {
  /** ISO 8601 UTC. */
  at: string;
}

export interface AlertDependencies extends Pick<Context, 'db' | 'clock' | 'log'> {
  /** Posts a message; null: no alert webhook is configured. Throws if it was not accepted (`RemoteFailure`: with the pause asked for). */
  post: ((message: AlertMessage) => Promise<void>) | null;
}

export interface AlertDispatcher extends Alerts {
  /** Sends the messages that could not be sent before. */
  resend(): Promise<void>;
  /** Waits until everything opened and closed so far has been stored and sent. */
  settled(): Promise<void>;
}

const REPEAT_MS = 3_600_000;

type Change =
  | { do: 'open'; alert: Alert; times: number }
  | { do: 'update'; alert: Alert }
  | { do: 'close'; code: string; connection: string | null; text: string };

/**
 * Alerts are states: one per code and connection, shared by all processes. A message is sent when one opens, at most once an hour while it
 * lasts (immediately if it gets worse), and when it closes. A thousand openings at the same moment count as one.
 */
export function createAlerts(dependencies: AlertDependencies): AlertDispatcher {
  const waiting = new Map<string, { change: Change; request: CurrentRequest | undefined }>();
  let running: Promise<void> | null = null;

  function enqueue(key: string, change: Change): void {
    waiting.set(key, { change, request: currentRequest() });
    running ??= run();
  }
  async function run(): Promise<void> {
    for (let next = waiting.entries().next(); !next.done; next = waiting.entries().next()) {
      const [key, { change, request }] = next.value;
      waiting.delete(key);
      // Log line and message belong to the request that changed the alert, not to the one that started this loop.
      await runInRequest(request, () =>
        apply(dependencies, key, change).catch((error: unknown) => logUnstored(dependencies, change, error)),
      );
    }
    // Without an `await` since the last check, so that nothing can be queued in between and left behind.
    running = null;
  }
  return {
    open(alert) {
      const key = alertKey(alert.code, alert.connection, alert.subject);
      const known = waiting.get(key)?.change;
      enqueue(key, { do: 'open', alert, times: known?.do === 'open' ? known.times + 1 : 1 });
    },
    update(alert) {
      const key = alertKey(alert.code, alert.connection, alert.subject);
      // An opening that waits reads the facts itself.
      if (!waiting.has(key)) enqueue(key, { do: 'update', alert });
    },
    close: (code, connection, text, subject) => enqueue(alertKey(code, connection, subject), { do: 'close', code, connection, text }),
    async resend() {
      for (const row of await readOpenAlerts(dependencies.db.read)) {
        if (row.lastSentAt === null && dependencies.post)
          await open(dependencies, row.key, { do: 'open', alert: row, times: 0 }).catch(() => undefined);
      }
      for (const { alert, text } of await readUnsentClosings(dependencies.db.read))
        if (dependencies.post) await sendClosing(dependencies, alert, text);
    },
    async settled() {
      while (running) await running;
    },
  };
}

const LEVELS = ['info', 'warning', 'critical'];

/**
 * Whether a message is due: the alert is new, got worse, or was last sent an hour ago. Nothing is due while it is muted; once it is
 * acknowledged, a message is due only when it gets worse.
 */
export function isDue(stored: AlertRow | null, alert: Alert, now: Date): boolean {
  if (stored !== null && isMuted(stored, now)) return false;
  if (stored === null || stored.closedAt !== null || stored.lastSentAt === null) return true;
  if (LEVELS.indexOf(alert.level) > LEVELS.indexOf(stored.level)) return true;
  return stored.acknowledgedAt === null && now.getTime() - Date.parse(stored.lastSentAt) >= REPEAT_MS;
}

const isMuted = ({ mutedUntil }: AlertRow, now: Date): boolean => mutedUntil !== null && now.toISOString() < mutedUntil;

function apply(dependencies: AlertDependencies, key: string, change: Change): Promise<unknown> {
  if (change.do === 'open') return open(dependencies, key, change);
  if (change.do === 'close') return close(dependencies, key, change);
  const { text, details } = change.alert;
  return dependencies.db.write((sql) => describeAlert(sql, key, { text, details }));
}

async function open(
  dependencies: AlertDependencies,
  key: string,
  { alert: told, times }: { do: 'open'; alert: Alert; times: number },
): Promise<void> {
  const alert = (await readFacts(dependencies.db.read, told)) ?? told;
  const now = dependencies.clock.now();
  const at = now.toISOString();
  const { due, isNews, row } = await dependencies.db.write(async (sql) => {
    const stored = await lockAlert(sql, key);
    const lasting = stored?.closedAt === null ? stored : null;
    const isWanted = isDue(stored, alert, now);
    const isNow = isWanted && (await readSendPause(sql, at)) === null;
    const { level, code, text, connection, details } = alert;
    const next: AlertRow = {
      ...{ key, level, code, text, connection, details },
      openedAt: lasting?.openedAt ?? at,
      lastSentAt: isNow ? at : isWanted ? null : (stored?.lastSentAt ?? null),
      closedAt: null,
      count: (lasting?.count ?? 0) + times,
      acknowledgedAt: lasting?.acknowledgedAt ?? null,
      acknowledgedBy: lasting?.acknowledgedBy ?? null,
      // An alert that opens and closes repeatedly stays muted.
      mutedUntil: stored?.mutedUntil ?? null,
    };
    await upsertAlert(sql, next);
    return { due: isNow, isNews: isWanted && !(lasting && lasting.lastSentAt === null), row: next };
  });
  if (due || isNews) logAlert(dependencies, alert);
  if (!due) return;
  const details = row.count > 1 ? { ...alert.details, count: row.count, since: row.openedAt } : alert.details;
  const { level, code, text, connection } = alert;
  const failure = await send(dependencies, { level, code, text, connection, at, details });
  if (failure !== null) await dependencies.db.write((sql) => markAlertUnsent(sql, key, failure.sendAfter));
}

async function close(
  dependencies: AlertDependencies,
  key: string,
  change: { code: string; connection: string | null; text: string },
): Promise<void> {
  if (!(await isAlertOpen(dependencies.db.read, key))) return;
  const at = dependencies.clock.now().toISOString();
  const closed = await dependencies.db.write((sql) => closeAlert(sql, key, at));
  if (!closed) return;
  const { code, connection, text } = change;
  dependencies.log.info('alert_closed', { code, connection, text });
  if (closed.lastSentAt === null || isMuted(closed, dependencies.clock.now())) return;
  await sendClosing(dependencies, closed, text);
}

async function sendClosing(dependencies: AlertDependencies, closed: AlertRow, text: string): Promise<void> {
  const { db, clock } = dependencies;
  const { key, code, connection, openedAt, closedAt, count } = closed;
  const now = isoTime(clock.now());
  const pausedUntil = await readSendPause(db.read, now);
  const message: AlertMessage = {
    ...{ level: 'info', code, text, connection, at: closedAt ?? now },
    details: { closed: true, since: openedAt, count },
  };
  const failure = pausedUntil === null ? await send(dependencies, message) : { sendAfter: pausedUntil };
  await db.write((sql) => keepClosing(sql, key, failure === null ? null : text, failure?.sendAfter ?? null));
}

/** A receiver that does not accept a message is left alone for so long, unless it asks for another pause. */
const SEND_PAUSE_MS = 10_000;

/** A message that was not accepted stays due: `resend` tries again, but not before `sendAfter`; until then no other message is sent either. */
async function send(dependencies: AlertDependencies, message: AlertMessage): Promise<{ sendAfter: string } | null> {
  try {
    await dependencies.post?.(message);
    return null;
  } catch (error) {
    dependencies.log.warn('alert_not_sent', { code: message.code, connection: message.connection, error: errorText(error) });
    const pauseMs = (error instanceof RemoteFailure ? error.retryAfterMs : null) ?? SEND_PAUSE_MS;
    return { sendAfter: isoTime(new Date(dependencies.clock.now().getTime() + pauseMs)) };
  }
}

function logAlert({ log }: AlertDependencies, { level, code, connection, text }: Alert): void {
  (level === 'critical' ? log.error : log.warn)('alert', { level, code, connection, text });
}

/** When the store cannot say what was already sent, the alert is at least logged. */
function logUnstored(dependencies: AlertDependencies, change: Change, error: unknown): void {
  if (change.do === 'open') logAlert(dependencies, change.alert);
  dependencies.log.warn('alert_not_stored', { error: errorText(error) });
}
