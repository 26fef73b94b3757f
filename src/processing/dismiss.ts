import type { Context } from '../context.ts';
import { type DeliveryCriteria, dismiss } from '../store/deliveries/requeue.ts';
import { inSteps } from './replay.ts';

/** Sets dead deliveries aside as handled: they leave counts and alerts, and can still be replayed. Gives their number. */
export function dismissDeliveries(
  context: Pick<Context, 'db' | 'clock'>,
  criteria: DeliveryCriteria,
  dismissal: { by: string; note: string | null },
): Promise<number> {
  const at = context.clock.now().toISOString();
  return inSteps(context, (span) => context.db.write((sql) => dismiss(sql, criteria, span, { ...dismissal, at })));
}
