import { createHash } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import type { Context } from '../context.ts';
import { isoTime } from '../domain/clock.ts';
import { OrderdockError } from '../domain/errors.ts';
import { retryAfterMs } from '../domain/values/retry-after.ts';
import type { ChangeRow } from '../store/feed/change-row.ts';
import type { ConsumerRow } from '../store/feed/list-consumers.ts';
import { claimNotice, type Notice, recordNotified, recordNotNotified } from '../store/feed/notices.ts';
import { readNewest } from '../store/feed/read-changes.ts';
import { readLag } from './lag.ts';

/** Posts a message to a consumer's own system; any status counts as a response. */
export type PostNotice = (message: {
  url: string;
  headers: Record<string, string>;
  body: string;
  timeoutMs: number;
}) => Promise<{ status: number; headers: Record<string, string> }>;

/** Why a notification was not accepted. */
interface Failure {
  reason: string;
  /** The pause that the receiver asked for, in milliseconds; null: none. */
  retryAfterMs: number | null;
  /** The receiver only asked to wait (429): no attempt is counted. */
  onlyWaiting: boolean;
}

type NotifyContext = Pick<Context, 'db' | 'clock' | 'random' | 'log'>;

/** The minimum time between two notifications of a consumer. */
const EVERY_MS = 5000;
const MOST_PAUSE_MS = 300_000;
/** Unacknowledged changes are announced again after this time: the receiver may have accepted the message and then crashed. */
const REMIND_MS = 300_000;
const TIMEOUT_MS = 5000;
/** Longer than an attempt takes: if this process dies during one, another process takes over. */
const CLAIM_MS = 15_000;

/** Notifies one consumer of new changes, if there are any and a notification is due. */
export async function notifyConsumer(context: NotifyContext, consumer: ConsumerRow, notice: Notice, post: PostNotice): Promise<void> {
  const now = context.clock.now();
  const isDue = notice.nextAttemptAt === null || notice.nextAttemptAt <= isoTime(now);
  const newest = isDue ? await newsOf(context, consumer, notice, now) : null;
  if (newest === null) return;
  const claim = { now: isoTime(now), until: after(now, CLAIM_MS) };
  if (!(await context.db.write((sql) => claimNotice(sql, notice.consumer, claim)))) return;
  const message = await composeNotice(context, consumer, newest, now);
  const failure = await send(notice, message, now, post);
  await record(context, notice, newest, failure, now);
}

/** The newest unacknowledged entry for a consumer, if it has not been announced yet or was announced long ago; null otherwise. */
async function newsOf({ db }: NotifyContext, consumer: ConsumerRow, notice: Notice, now: Date): Promise<ChangeRow | null> {
  const [newest] = await readNewest(db.read, consumer.filter, null, 1);
  if (!newest || BigInt(newest.position) <= BigInt(consumer.position)) return null;
  const isNews = BigInt(newest.position) > BigInt(notice.notifiedPosition);
  const isForgotten = notice.notifiedAt !== null && now.getTime() - Date.parse(notice.notifiedAt) >= REMIND_MS;
  return isNews || isForgotten ? newest : null;
}

async function composeNotice(
  context: NotifyContext,
  consumer: ConsumerRow,
  newest: ChangeRow,
  now: Date,
): Promise<{ id: string; body: string }> {
  const { entries } = await readLag(context.db.read, consumer, now);
  const data = { consumer: consumer.name, cursor: newest.cursor, count: entries };
  // The id stays the same for all attempts to announce the same changes.
  const id = createHash('sha256').update(`${consumer.name} ${newest.position} ${newest.changeId}`).digest('base64url').slice(0, 27);
  return { id: `msg_${id}`, body: JSON.stringify({ type: 'changes.available', timestamp: isoTime(now), data }) };
}

/** Posts a message signed by Standard Webhooks; returns why it was not accepted, or null. */
async function send(
  { url, secret }: Notice,
  { id, body }: { id: string; body: string },
  now: Date,
  post: PostNotice,
): Promise<Failure | null> {
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': new Webhook(secret).sign(id, now, body),
  };
  try {
    const answer = await post({ url, headers, body, timeoutMs: TIMEOUT_MS });
    if (answer.status >= 200 && answer.status <= 299) return null;
    return { reason: `answered ${answer.status}`, retryAfterMs: retryAfterMs(answer.headers, now), onlyWaiting: answer.status === 429 };
  } catch (error) {
    return { reason: error instanceof OrderdockError ? error.code : 'internal', retryAfterMs: null, onlyWaiting: false };
  }
}

async function record(context: NotifyContext, notice: Notice, newest: ChangeRow, failure: Failure | null, now: Date): Promise<void> {
  const { consumer } = notice;
  if (failure === null) {
    context.log.debug('consumer_notified', { consumer, cursor: newest.cursor });
    const sent = { position: newest.position, at: isoTime(now), nextAttemptAt: after(now, EVERY_MS) };
    return context.db.write((sql) => recordNotified(sql, consumer, sent));
  }
  const counted = !failure.onlyWaiting;
  context.log.warn('consumer_not_notified', { consumer, error: failure.reason, failures: notice.failures + (counted ? 1 : 0) });
  const waitMs = Math.max(failure.retryAfterMs ?? 0, pauseMs(notice.failures, context.random()));
  const failed = { at: isoTime(now), nextAttemptAt: after(now, waitMs), counted };
  await context.db.write((sql) => recordNotNotified(sql, consumer, failed));
}

/** 5, 10, 20 … 300 seconds, shortened at random by up to a fifth, so that receivers that went down together are not all retried at once. */
export const pauseMs = (failures: number, random: number): number =>
  Math.max(EVERY_MS, Math.min(EVERY_MS * 2 ** failures, MOST_PAUSE_MS) * (1 - 0.2 * random));

const after = (now: Date, ms: number): string => new Date(now.getTime() + ms).toISOString();
