import type { Context } from '../context.ts';
import { Refused } from '../domain/errors.ts';
import { type DeliveryCriteria, isEmptied, readLastPosition, requeue, type Span } from '../store/deliveries/requeue.ts';

export { type DeliveryCriteria, isUnlimited } from '../store/deliveries/requeue.ts';

/** Where a replay gets what a notification only names: from the platform again, or from what the first fetch returned. */
export type ReplayFetch = 'fresh' | 'recorded';

const PER_STEP = 500;

/**
 * Puts finished deliveries back to work, in the order in which they came; those that still wait or are being worked are left alone. Gives
 * their number. What they tell is laid over what is held like any other delivery: newest wins, and what changes nothing makes no feed entry.
 * Done in steps, so that receiving is never kept waiting.
 */
export async function replay(context: Context, filter: DeliveryCriteria, fetch: ReplayFetch): Promise<number> {
  await refuseEmptied(context, filter);
  const number = await inSteps(context, (span) => {
    const now = context.clock.now().toISOString();
    return context.db.write((sql) => requeue(sql, filter, span, { fetch, now }));
  });
  if (number > 0) context.deliveryArrived.notify();
  context.log.info('replay', { deliveries: number, fetch, state: filter.state, connection: filter.connection, subject: filter.subject });
  return number;
}

/** Does something to all deliveries there are now, a step at a time; `step` gives the positions it came by. Gives their number. */
export async function inSteps(context: Pick<Context, 'db'>, step: (span: Span) => Promise<number[]>): Promise<number> {
  const upTo = await readLastPosition(context.db.read);
  let number = 0;
  for (let after = 0; ; ) {
    const positions = await step({ after, upTo, limit: PER_STEP });
    number += positions.length;
    if (positions.length < PER_STEP) return number;
    after = Math.max(...positions);
  }
}

async function refuseEmptied(context: Context, { ids }: DeliveryCriteria): Promise<void> {
  const [id, ...others] = ids ?? [];
  if (id === undefined || others.length > 0 || !(await isEmptied(context.db.read, id))) return;
  throw new Refused(409, 'body_gone', 'The body of this delivery was emptied after the retention time: it cannot be replayed.');
}
