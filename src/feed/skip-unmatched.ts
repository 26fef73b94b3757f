import type { Context } from '../context.ts';
import { FEED_BEGINNING } from '../domain/entities/feed-cursor.ts';
import { skipEntries } from '../store/feed/consumers.ts';
import { listConsumers } from '../store/feed/list-consumers.ts';
import { readFirstAfter } from '../store/feed/read-changes.ts';
import { readBefore, readPositions } from '../store/feed/read-positions.ts';

const MOST_CONSUMERS = 1000;

/**
 * Moves every consumer past entries that its filter excludes, up to the first one that matches: a reader of shipments must neither delay
 * the deletion of orders nor get 410 when they are deleted.
 */
export async function skipUnmatched({ db }: Pick<Context, 'db'>): Promise<void> {
  for (const consumer of await listConsumers(db.read, { after: null, limit: MOST_CONSUMERS })) {
    // The end is read first, so that entries appended in between come after it.
    const { latest, oldest } = await readPositions(db.read, FEED_BEGINNING.position);
    if (BigInt(consumer.position) < BigInt(oldest.position)) continue;
    const first = await readFirstAfter(db.read, consumer.filter, consumer.position);
    const to = first === null ? latest : await readBefore(db.read, first.position);
    if (to !== null && BigInt(to.position) > BigInt(consumer.position))
      await db.write((sql) => skipEntries(sql, { name: consumer.name, from: consumer, to }));
  }
}
