import { type AuditContext, audited } from '../audit.ts';
import { currentActor } from '../domain/current-request.ts';
import { Refused } from '../domain/errors.ts';
import { acknowledgeAlert, muteAlert } from '../store/monitoring/alerts.ts';
import type { AlertRow } from '../store/monitoring/list-alerts.ts';

const resolved = () => new Refused(409, 'alert_resolved', 'This alert has been resolved.');

const auditOf = (verb: string, { code, connection }: AlertRow, details: { until?: string | null } = {}) => ({
  action: `alert.${verb}`,
  target: `alert:${code}`,
  connection,
  details,
});

/** Records that the current actor is taking care of an open alert: it is no longer repeated unless it gets worse. */
export function acknowledge(context: AuditContext, alert: AlertRow): Promise<void> {
  return audited(context, auditOf('acknowledge', alert), async () => {
    const acknowledgement = { by: currentActor().who, at: context.clock.now().toISOString() };
    if (!(await context.db.write((sql) => acknowledgeAlert(sql, alert.key, acknowledgement)))) throw resolved();
  });
}

/** Suppresses an open alert's messages until a time (ISO 8601); null unmutes it. It stays muted when it resolves and opens again. */
export function mute(context: AuditContext, alert: AlertRow, until: string | null): Promise<void> {
  return audited(context, auditOf('mute', alert, { until }), async () => {
    if (!(await context.db.write((sql) => muteAlert(sql, alert.key, until)))) throw resolved();
  });
}
