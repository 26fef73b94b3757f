import { alertRemedy } from '../domain/alert-remedies.ts';
import type { AlertRow } from '../store/monitoring/list-alerts.ts';

/** Names one alert: its code, its connection and when it was opened. */
export const alertId = ({ code, connection, openedAt }: Pick<AlertRow, 'code' | 'connection' | 'openedAt'>): string =>
  `${code}~${connection ?? ''}~${Date.parse(openedAt)}`;

/** An alert as API and console show it. */
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
