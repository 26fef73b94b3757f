import type { Context } from '../context.ts';
import { isoTime } from '../domain/clock.ts';
import { Refused } from '../domain/errors.ts';
import { readConsumer } from '../store/feed/list-consumers.ts';
import { findUnknownCursors, type Receipt, upsertReceipts } from '../store/feed/receipts.ts';

/**
 * Keeps what a reader says became of the changes it pulled; the last word on an entry counts. All or none: an unknown cursor refuses
 * the lot (400). Gives how many entries it was about.
 */
export async function saveReceipts(
  context: Pick<Context, 'db' | 'clock'>,
  consumer: string,
  receipts: readonly Receipt[],
): Promise<number> {
  const last = [...new Map(receipts.map((receipt) => [receipt.cursor, receipt])).values()];
  await context.db.write(async (sql) => {
    if (!(await readConsumer(sql, consumer))) throw new Refused(404, 'not_found', `There is no consumer named ${consumer}.`);
    const unknown = await findUnknownCursors(
      sql,
      last.map((receipt) => receipt.cursor),
    );
    if (unknown.length > 0) throw new Refused(400, 'unknown_cursor', `The feed has no entry ${unknown.slice(0, 10).join(', ')}.`);
    await upsertReceipts(sql, consumer, last, isoTime(context.clock.now()));
  });
  return last.length;
}
