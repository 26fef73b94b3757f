import type { Context } from '../context.ts';
import { isoTime } from '../domain/clock.ts';
import { FEED_BEGINNING, FeedDiverged, feedCursor } from '../domain/entities/feed-cursor.ts';
import { Refused } from '../domain/errors.ts';
import type { Sql } from '../store/engine/database.ts';
import { readPositions } from '../store/feed/read-positions.ts';
import { type Receipt, readChangeIds, upsertReceipts } from '../store/feed/receipts.ts';
import { requireConsumer } from './consumers.ts';

/**
 * Stores a consumer's receipts for the changes it pulled; the latest receipt for an entry counts. All or none: a cursor that names no entry
 * of the feed rejects the whole request (410). Returns the number of entries.
 */
export async function saveReceipts(
  context: Pick<Context, 'db' | 'clock'>,
  consumer: string,
  receipts: readonly Receipt[],
): Promise<number> {
  const last = [...new Map(receipts.map((receipt) => [receipt.at.position, receipt])).values()];
  await context.db.write(async (sql) => {
    await requireConsumer(sql, consumer);
    await requireEntries(sql, receipts);
    await upsertReceipts(sql, consumer, last, isoTime(context.clock.now()));
  });
  return last.length;
}

async function requireEntries(sql: Sql, receipts: readonly Receipt[]): Promise<void> {
  if (receipts.some(({ at }) => at.position === FEED_BEGINNING.position))
    throw new Refused(400, 'invalid_cursor', 'The beginning of the feed is not an entry.');
  const ids = await readChangeIds(
    sql,
    receipts.map(({ at }) => at.position),
  );
  const isEntry = ({ at }: Receipt): boolean => {
    const id = ids.get(at.position);
    return id !== undefined && (at.check === null || feedCursor(at.position, id) === `${at.position}-${at.check}`);
  };
  if (!receipts.every(isEntry)) throw new FeedDiverged(await readPositions(sql, FEED_BEGINNING.position));
}
