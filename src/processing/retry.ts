import { type AuditContext, audited } from '../audit.ts';
import type { Context } from '../context.ts';
import { type DeliveryCriteria, makeDue, type Span } from '../store/deliveries/requeue.ts';
import { auditOf, inSteps, withNumber } from './replay.ts';

/** Makes pending deliveries due now, whatever their backoff, and returns their number. Their count of attempts does not change. */
export async function retryDeliveries(
  context: AuditContext & Pick<Context, 'deliveryArrived'>,
  criteria: DeliveryCriteria,
): Promise<number> {
  const step = (span: Span) => context.db.write((sql) => makeDue(sql, criteria, span, context.clock.now().toISOString()));
  const number = await audited(context, auditOf('retry', criteria), () => inSteps(context, step), withNumber);
  if (number > 0) context.deliveryArrived.notify();
  return number;
}
