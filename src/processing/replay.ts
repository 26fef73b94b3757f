import type { Context } from '../context.ts';
import { Refused } from '../domain/errors.ts';
import { isEmptied, type ReplayFilter, readLastPosition, requeue } from '../store/deliveries/requeue.ts';

export type { ReplayFilter } from '../store/deliveries/requeue.ts';

/** Where a replay gets what a notification only names: from the platform again, or from what the first fetch returned. */
export type ReplayFetch = 'fresh' | 'recorded';

const PER_STEP = 500;

/**
 * Puts finished deliveries back to work, in the order in which they came; those that still wait or are being worked are left alone. Gives
 * their number. What they tell is laid over what is held like any other delivery: newest wins, and what changes nothing makes no feed entry.
 * Done in steps, so that receiving is never kept waiting.
 */
export async function replay(context: Context, filter: ReplayFilter, fetch: ReplayFetch): Promise<number> {
  await refuseEmptied(context, filter);
  const upTo = await readLastPosition(context.db.read);
  let number = 0;
  for (let after = 0; ; ) {
    const now = context.clock.now().toISOString();
    const span = { after, upTo, limit: PER_STEP };
    const positions = await context.db.write((sql) => requeue(sql, filter, span, { fetch, now }));
    number += positions.length;
    if (positions.length < PER_STEP) break;
    after = Math.max(...positions);
  }
  if (number > 0) context.deliveryArrived.notify();
  context.log.info('replay', { deliveries: number, fetch, state: filter.state, connection: filter.connection, subject: filter.subject });
  return number;
}

async function refuseEmptied(context: Context, { ids }: ReplayFilter): Promise<void> {
  const [id, ...others] = ids ?? [];
  if (id === undefined || others.length > 0 || !(await isEmptied(context.db.read, id))) return;
  throw new Refused(409, 'body_gone', 'The body of this delivery was emptied after the retention time: it cannot be replayed.');
}
