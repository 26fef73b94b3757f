import type { Context } from '../context.ts';
import { type DeliveryCriteria, makeDue } from '../store/deliveries/requeue.ts';
import { inSteps } from './replay.ts';

/** Makes waiting deliveries due now, whatever their backoff; gives their number. Attempts are neither spent nor given back. */
export async function retryDeliveries(
  context: Pick<Context, 'db' | 'clock' | 'deliveryArrived'>,
  criteria: DeliveryCriteria,
): Promise<number> {
  const number = await inSteps(context, (span) => {
    const now = context.clock.now().toISOString();
    return context.db.write((sql) => makeDue(sql, criteria, span, now));
  });
  if (number > 0) context.deliveryArrived.notify();
  return number;
}
