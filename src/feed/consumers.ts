import { type AuditContext, audited } from '../audit.ts';
import type { Context } from '../context.ts';
import { isoTime } from '../domain/clock.ts';
import { FEED_BEGINNING, FeedDiverged, type FeedPosition, type SentCursor } from '../domain/entities/feed-cursor.ts';
import { Refused } from '../domain/errors.ts';
import type { Sql } from '../store/engine/database.ts';
import { deleteConsumer, insertAck, insertConsumer, moveConsumer, recordConsumerRead, updateConsumer } from '../store/feed/consumers.ts';
import { type ConsumerRow, readConsumer } from '../store/feed/list-consumers.ts';
import type { FeedFilter } from '../store/feed/read-changes.ts';
import { readPositions } from '../store/feed/read-positions.ts';
import { confirm, findPosition, locate, readFeedCursor } from './find-position.ts';

type ConsumersContext = Pick<Context, 'db' | 'clock'>;

const unknownConsumer = (name: string) => new Refused(404, 'not_found', `There is no consumer named ${name}.`);

/** The consumer of this name. Rejects an unknown name (404). */
export async function requireConsumer(sql: Sql, name: string): Promise<ConsumerRow> {
  const consumer = await readConsumer(sql, name);
  if (!consumer) throw unknownConsumer(name);
  return consumer;
}

/** A consumer's position, verified: throws 410 if entries that it has not passed were deleted. */
export async function confirmPosition(sql: Sql, consumer: ConsumerRow): Promise<FeedPosition> {
  const ends = await confirm(sql, consumer);
  if (BigInt(consumer.position) < BigInt(ends.oldest.position)) throw new FeedDiverged(ends);
  return { position: consumer.position, cursor: consumer.cursor };
}

/** A consumer starts at the oldest existing entry: any entry deleted later, unread, is a gap for it. */
async function findStart(sql: Sql, from: string): Promise<FeedPosition> {
  const start = await findPosition(sql, from === 'start' ? null : from);
  return start === FEED_BEGINNING ? (await readPositions(sql, start.position)).oldest : start;
}

/** The settings of a consumer that an operator requests. */
export interface WantedConsumer {
  filter: FeedFilter;
  /** `start`, `latest` or a cursor: where a new consumer starts. An existing one keeps its position. */
  from: string;
  alertAfterSeconds: number;
  /** A null secret keeps the stored one. */
  notify: { url: string; secret: string | null } | null;
}

export const DEFAULT_CONSUMER: WantedConsumer = {
  filter: { kinds: null, connections: null },
  from: 'start',
  alertAfterSeconds: 3600,
  notify: null,
};

/**
 * Registers a consumer. An existing one keeps its position and gets the other settings; with null it stays unchanged. Rejects a `from` that
 * is not a cursor (400), one that the feed does not have (410), and a new `notify.url` without a secret (400).
 */
export function registerConsumer(context: AuditContext, name: string, wanted: WantedConsumer | null): Promise<{ created: boolean }> {
  return audited(
    context,
    { action: 'consumer.put', target: `consumer:${name}` },
    () => register(context, name, wanted),
    ({ created }) => ({ created }),
  );
}

async function register(context: ConsumersContext, name: string, wanted: WantedConsumer | null): Promise<{ created: boolean }> {
  const { filter, from, alertAfterSeconds, notify } = wanted ?? DEFAULT_CONSUMER;
  return context.db.write(async (sql) => {
    const settings = {
      name,
      filter: JSON.stringify({ ...filter, connections: limitTo(sql.scope?.connections ?? null, filter.connections) }),
      alertAfterSeconds,
      notifyUrl: notify?.url ?? null,
      notifySecret: notify?.secret ?? null,
    };
    const start = await findStart(sql, from);
    const known = await readConsumer(sql, name);
    if (notify && notify.secret === null && known?.notifyUrl !== notify.url)
      throw new Refused(400, 'secret_missing', 'A new `notify.url` requires a `secret` with which its messages are signed.');
    const created = !known && (await insertConsumer(sql, settings, start, isoTime(context.clock.now())));
    if (!created && wanted) await updateConsumer(sql, settings);
    return { created };
  });
}

/** A key that is limited to connections registers consumers of these only: their notifications are sent whoever reads them. Rejects others (404). */
function limitTo(allowed: readonly string[] | null, wanted: FeedFilter['connections']): FeedFilter['connections'] {
  if (allowed === null) return wanted;
  const unknown = wanted?.find((name) => !allowed.includes(name));
  if (unknown !== undefined) throw new Refused(404, 'not_found', `There is no connection named ${unknown}.`);
  return wanted ?? allowed;
}

/**
 * Moves a consumer to `cursor`: entries up to it will not be delivered again. Rejects a position that the feed does not have (410) and,
 * without `force`, one behind the consumer's own or beyond what it has read (409).
 */
export function acknowledge(context: AuditContext, name: string, cursor: string, force: boolean): Promise<void> {
  const move = async () => moveTo(context, name, readFeedCursor(cursor), force);
  return force ? audited(context, { action: 'consumer.force_ack', target: `consumer:${name}`, details: { cursor } }, move) : move();
}

async function moveTo(context: ConsumersContext, name: string, sent: SentCursor, force: boolean): Promise<void> {
  await context.db.write(async (sql) => {
    const consumer = await requireConsumer(sql, name);
    const { at, oldest } = await locate(sql, sent);
    const to = at === FEED_BEGINNING ? oldest : at;
    const target = BigInt(to.position);
    if (!force && target < BigInt(consumer.position))
      throw new Refused(409, 'ack_backwards', `The consumer is already at ${consumer.cursor}; "force": true moves it back.`);
    // Entries deleted by retention can no longer be read: a consumer that fell behind may skip them.
    const readable = [consumer.position, consumer.lastRead?.position ?? '0', oldest.position].map(BigInt);
    if (!force && !readable.some((limit) => target <= limit))
      throw new Refused(409, 'ack_beyond_read', `The consumer has only read up to ${(consumer.lastRead ?? consumer).cursor}.`);
    const move = { name, from: consumer, to, at: isoTime(context.clock.now()) };
    if (!(await moveConsumer(sql, move)))
      throw new Refused(
        409,
        'ack_conflict',
        'Another process moved the consumer at the same time. Only one process at a time may read as a consumer.',
      );
    if (target > BigInt(consumer.position)) await insertAck(sql, move);
  });
}

/** Reading the same page again is recorded at most once a second, so that polling does not write on every request. */
const NOTE_EVERY_MS = 1000;

/** Records that a consumer has been sent everything from its position up to `to`. */
export async function recordRead(context: ConsumersContext, consumer: ConsumerRow, to: FeedPosition): Promise<void> {
  const now = context.clock.now();
  const further = consumer.lastRead === null || BigInt(to.position) > BigInt(consumer.lastRead.position);
  const dueMs = consumer.lastReadAt === null ? 0 : Date.parse(consumer.lastReadAt) + NOTE_EVERY_MS;
  if (!further && now.getTime() < dueMs) return;
  await context.db.write((sql) => recordConsumerRead(sql, { name: consumer.name, from: consumer, to, at: isoTime(now) }));
}

/** Deletes a consumer with its position and receipts. Rejects an unknown name (404). */
export function dropConsumer(context: AuditContext, name: string): Promise<void> {
  return audited(context, { action: 'consumer.delete', target: `consumer:${name}` }, async () => {
    const dropped = await context.db.write(async (sql) => (await readConsumer(sql, name)) !== null && deleteConsumer(sql, name));
    if (!dropped) throw unknownConsumer(name);
  });
}
