import { type AuditContext, audited } from '../audit.ts';
import type { Context } from '../context.ts';
import { isoTime } from '../domain/clock.ts';
import { Refused } from '../domain/errors.ts';
import { deleteConsumer, isKnownPosition, moveConsumer, recordConsumerRead, upsertConsumer } from '../store/feed/consumers.ts';
import { type ConsumerRow, readConsumer } from '../store/feed/list-consumers.ts';
import type { FeedFilter } from '../store/feed/read-changes.ts';

type ConsumersContext = Pick<Context, 'db' | 'clock'>;

const unknownConsumer = (name: string) => new Refused(404, 'not_found', `There is no consumer named ${name}.`);

/** Registers a consumer at the beginning of the feed; a known one keeps its position and takes the filter. */
export function registerConsumer(context: AuditContext, name: string, filter: FeedFilter): Promise<{ created: boolean }> {
  const createdAt = isoTime(context.clock.now());
  const what = { action: 'consumer.put', target: `consumer:${name}` };
  return audited(
    context,
    what,
    async () => ({ created: await context.db.write((sql) => upsertConsumer(sql, { name, filter: JSON.stringify(filter), createdAt })) }),
    ({ created }) => ({ created }),
  );
}

/**
 * Moves a consumer to `cursor`: what lies up to it will not be given again. Refuses an unknown cursor (400), and one that lies behind
 * the position unless `force` (409).
 */
export function acknowledge(context: AuditContext, name: string, cursor: string, force: boolean): Promise<void> {
  const move = () => moveTo(context, name, cursor, force);
  return force ? audited(context, { action: 'consumer.force_ack', target: `consumer:${name}`, details: { cursor } }, move) : move();
}

async function moveTo(context: ConsumersContext, name: string, cursor: string, force: boolean): Promise<void> {
  await context.db.write(async (sql) => {
    const consumer = await readConsumer(sql, name);
    if (!consumer) throw unknownConsumer(name);
    if (!(await isKnownPosition(sql, cursor)))
      throw new Refused(400, 'unknown_cursor', `The feed has not handed out the cursor ${cursor}.`);
    const moved = await moveConsumer(sql, { name, position: cursor, force, at: isoTime(context.clock.now()) });
    if (!moved)
      throw new Refused(409, 'ack_backwards', `The consumer already stands at ${consumer.position}; "force": true moves it back.`);
  });
}

/** How long a repeated reading of the same page may go unnoted: polling must not write at every turn. */
const NOTE_EVERY_MS = 60_000;

/** Notes that a consumer was given everything up to `position`. */
export async function recordRead(context: ConsumersContext, consumer: ConsumerRow, position: string): Promise<void> {
  const now = context.clock.now();
  const further = consumer.lastReadPosition === null || BigInt(position) > BigInt(consumer.lastReadPosition);
  const dueMs = consumer.lastReadAt === null ? 0 : Date.parse(consumer.lastReadAt) + NOTE_EVERY_MS;
  if (!further && now.getTime() < dueMs) return;
  await context.db.write((sql) => recordConsumerRead(sql, { name: consumer.name, position, at: isoTime(now) }));
}

/** Drops a consumer with its position and receipts. Refuses an unknown name (404). */
export function dropConsumer(context: AuditContext, name: string): Promise<void> {
  return audited(context, { action: 'consumer.delete', target: `consumer:${name}` }, async () => {
    if (!(await context.db.write((sql) => deleteConsumer(sql, name)))) throw unknownConsumer(name);
  });
}
