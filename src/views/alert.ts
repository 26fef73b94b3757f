import { alertRemedy } from '../domain/alert-remedies.ts';
import { alertKey } from '../store/monitoring/alerts.ts';
import type { AlertRow } from '../store/monitoring/list-alerts.ts';

/** Identifies one alert: its code, its connection, when it was opened and, if a connection may have several, its subject. */
export function alertId({ key, code, connection, openedAt }: Pick<AlertRow, 'key' | 'code' | 'connection' | 'openedAt'>): string {
  const subject = key.slice(alertKey(code, connection).length).trim();
  return `${code}~${connection ?? ''}~${Date.parse(openedAt)}${subject === '' ? '' : `~${subject}`}`;
}

/** An alert as shown by API and console. */
export const alertView = (alert: AlertRow) => ({
  id: alertId(alert),
  code: alert.code,
  level: alert.level,
  state: alert.closedAt === null ? 'open' : 'resolved',
  connection: alert.connection,
  since: alert.openedAt,
  resolvedAt: alert.closedAt,
  count: alert.count,
  text: alert.text,
  remedy: alertRemedy(alert.code),
  details: alert.details,
  acknowledgedAt: alert.acknowledgedAt,
  acknowledgedBy: alert.acknowledgedBy,
  mutedUntil: alert.mutedUntil,
});
