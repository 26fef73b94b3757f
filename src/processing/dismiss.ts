import { type AuditContext, audited } from '../audit.ts';
import { currentActor } from '../domain/current-request.ts';
import { type DeliveryCriteria, dismiss, type Span } from '../store/deliveries/requeue.ts';
import { auditOf, inSteps, withNumber } from './replay.ts';

/**
 * Sets dead deliveries aside as handled, by whoever makes the current request: they leave counts and alerts, and can still be replayed. Gives their
 * number.
 */
export function dismissDeliveries(context: AuditContext, criteria: DeliveryCriteria, note: string | null): Promise<number> {
  const dismissal = { by: currentActor().who, note, at: context.clock.now().toISOString() };
  const step = (span: Span) => context.db.write((sql) => dismiss(sql, criteria, span, dismissal));
  return audited(context, auditOf('dismiss', criteria, { note }), () => inSteps(context, step), withNumber);
}
