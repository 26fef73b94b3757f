import type { Context } from '../context.ts';
import type { Alert } from '../domain/alert.ts';
import type { ConsumerRow } from '../store/feed/list-consumers.ts';
import type { Notice } from '../store/feed/notices.ts';
import { readFirstAfter } from '../store/feed/read-changes.ts';
import { readRejected } from '../store/feed/receipts.ts';
import { readOpenAlerts } from '../store/monitoring/alerts.ts';

type AlertsContext = Pick<Context, 'db' | 'clock' | 'alerts'>;

/** An alert opens when a receiver has accepted nothing for this long. */
const FAILING_MS = 900_000;
const REOPEN_MS = 60_000;

/** The closing text of each consumer alert. */
const ENDED = {
  consumer_behind: (name: string) => `${name}: has caught up.`,
  receipt_rejected: (name: string) => `${name}: no rejected changes are left.`,
  notify_failing: (name: string) => `${name}: notifications are accepted again, or are no longer configured.`,
} as const;
const isConsumerAlert = (code: string): code is keyof typeof ENDED => code in ENDED;

/** Opens and closes the alerts about consumers that are behind, have rejected changes, or cannot be notified. */
export function createConsumerAlerts(
  context: AlertsContext,
): (consumers: readonly ConsumerRow[], notices: readonly Notice[]) => Promise<void> {
  const openedMs = new Map<string, number>();
  return async (consumers, notices) => {
    const now = context.clock.now();
    const states = [...(await behind(context, consumers, now)), ...(await rejected(context)), ...failing(notices, now)];
    const keyOf = (code: string, consumer: unknown) => `${code} ${String(consumer)}`;
    const lasting = new Set(states.map(({ code, subject }) => keyOf(code, subject)));
    for (const state of states) {
      const key = keyOf(state.code, state.subject);
      if (now.getTime() - (openedMs.get(key) ?? 0) < REOPEN_MS) continue;
      openedMs.set(key, now.getTime());
      context.alerts.open(state);
    }
    for (const { code, details } of await readOpenAlerts(context.db.read)) {
      if (!isConsumerAlert(code) || lasting.has(keyOf(code, details.consumer))) continue;
      openedMs.delete(keyOf(code, details.consumer));
      const consumer = String(details.consumer);
      context.alerts.close(code, null, ENDED[code](consumer), consumer);
    }
  };
}

async function behind({ db }: AlertsContext, consumers: readonly ConsumerRow[], now: Date): Promise<Alert[]> {
  const found: Alert[] = [];
  for (const consumer of consumers) {
    const first = await readFirstAfter(db.read, consumer.filter, consumer.position);
    if (first === null) continue;
    // It could not have read entries before it was registered.
    const since = first.at > consumer.createdAt ? first.at : consumer.createdAt;
    const seconds = Math.floor((now.getTime() - Date.parse(since)) / 1000);
    if (seconds >= consumer.alertAfterSeconds) found.push(behindAlert(consumer, seconds));
  }
  return found;
}

const behindAlert = ({ name, alertAfterSeconds }: ConsumerRow, seconds: number): Alert => ({
  level: 'warning',
  code: 'consumer_behind',
  connection: null,
  subject: name,
  text: `${name}: has not acknowledged a change for ${seconds} seconds (limit ${alertAfterSeconds}). Nothing is lost: the changes wait in the feed.`,
  details: { consumer: name, seconds, alertAfterSeconds },
});

async function rejected({ db }: AlertsContext): Promise<Alert[]> {
  return (await readRejected(db.read)).map(
    ({ consumer, count, reason, externalId }): Alert => ({
      level: 'warning',
      code: 'receipt_rejected',
      connection: null,
      subject: consumer,
      text: `${consumer}: ${count === 1 ? 'a change was' : `${count} changes were`} rejected, the newest of ${externalId}${reason ? ` (${reason})` : ''}. Correct the cause and book ${count === 1 ? 'it' : 'them'}.`,
      details: { consumer, count, externalId, reason },
    }),
  );
}

const failing = (notices: readonly Notice[], now: Date): Alert[] =>
  notices
    .filter(({ failingSince }) => failingSince !== null && now.getTime() - Date.parse(failingSince) >= FAILING_MS)
    .map(
      ({ consumer, failingSince, failures }): Alert => ({
        level: 'warning',
        code: 'notify_failing',
        connection: null,
        subject: consumer,
        text: `${consumer}: its notify URL has accepted nothing since ${failingSince} (${failures} attempts). It is retried at least every five minutes, or when it asks to be (Retry-After); nothing is lost, the changes wait in the feed.`,
        details: { consumer, since: failingSince, failures },
      }),
    );
