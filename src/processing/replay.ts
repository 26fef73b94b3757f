import { type AuditedAction, audited } from '../audit.ts';
import type { Context } from '../context.ts';
import { currentActor } from '../domain/current-request.ts';
import { Refused } from '../domain/errors.ts';
import { addReplayed, insertReplay } from '../store/deliveries/replays.ts';
import { type DeliveryCriteria, isEmptied, readLastPosition, requeue, type Span } from '../store/deliveries/requeue.ts';

export { type DeliveryCriteria, isUnlimited } from '../store/deliveries/requeue.ts';

/** Where a replay gets the resource that a notification only names: from the platform again, or from the recording of the first fetch. */
export type ReplayFetch = 'fresh' | 'recorded';

const PER_STEP = 500;

/**
 * Queues finished deliveries again, in the order of their arrival, and returns their number; those that are pending or being processed are left
 * alone. Their reports are merged like those of any other delivery: the newest content wins, and without a change there is no feed entry. Done in
 * steps, so that intake never has to wait. The deliveries are recorded under `replayId`.
 */
export function replay(context: Context, filter: DeliveryCriteria, fetch: ReplayFetch, replayId: string | null = null): Promise<number> {
  return audited(context, auditOf('replay', filter, { fetch }), () => requeueAll(context, filter, fetch, replayId), withNumber);
}

async function requeueAll(context: Context, filter: DeliveryCriteria, fetch: ReplayFetch, replayId: string | null): Promise<number> {
  await refuseEmptied(context, filter);
  if (replayId !== null) await recordReplay(context, replayId);
  const number = await inSteps(context, (span) => {
    const now = context.clock.now().toISOString();
    return context.db.write(async (sql) => {
      const positions = await requeue(sql, filter, span, { fetch, now });
      if (replayId !== null) await addReplayed(sql, replayId, positions, now);
      return positions;
    });
  });
  if (number > 0) context.deliveryArrived.notify();
  return number;
}

const recordReplay = (context: Context, id: string): Promise<void> =>
  context.db.write((sql) => insertReplay(sql, { id, by: currentActor().who, at: context.clock.now().toISOString() }));

/** The audit entry of an action on deliveries: one by its id, or those that match criteria. */
export function auditOf(verb: string, { ids, ...criteria }: DeliveryCriteria, details: AuditedAction['details'] = {}): AuditedAction {
  const [id, ...others] = ids ?? [];
  const named = Object.fromEntries(Object.entries(criteria).filter(([, value]) => value !== null && value !== undefined));
  return {
    action: `delivery.${verb}`,
    target: id !== undefined && others.length === 0 ? `delivery:${id}` : 'deliveries',
    connection: criteria.connection ?? null,
    details: { ...named, ...(others.length > 0 ? { ids: others.length + 1 } : {}), ...details },
  };
}

export const withNumber = (number: number) => ({ number });

/** Runs `step`, which returns the positions it has processed, over all present deliveries in portions; returns the number of deliveries. */
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
  throw new Refused(409, 'body_gone', 'The body of this delivery was removed after its retention time, so it cannot be replayed.');
}
