import { type AuditContext, audited } from '../audit.ts';
import { currentActor } from '../domain/current-request.ts';
import { type DeliveryCriteria, dismiss, type Span } from '../store/deliveries/requeue.ts';
import { auditOf, inSteps, withNumber } from './replay.ts';

/**
 * Marks dead deliveries as handled in the name of the current request's user: they no longer appear in counts and alerts, but can still be
 * replayed. Returns their number.
 */
export function dismissDeliveries(context: AuditContext, criteria: DeliveryCriteria, note: string | null): Promise<number> {
  const dismissal = { by: currentActor().who, note, at: context.clock.now().toISOString() };
  const step = (span: Span) => context.db.write((sql) => dismiss(sql, criteria, span, dismissal));
  return audited(context, auditOf('dismiss', criteria, { note }), () => inSteps(context, step), withNumber);
}
