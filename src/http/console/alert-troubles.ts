import { alertRemedy } from '../../domain/alert-remedies.ts';
import type { AlertRow } from '../../store/monitoring/list-alerts.ts';
import { connectionLink, deliveriesLink, link } from './components/links.ts';
import type { Step, Trouble } from './trouble.ts';

/** The page on which to investigate an alert, by its code. */
const PLACES: Readonly<Record<string, (alert: AlertRow) => { label: string; href: string }>> = {
  delivery_dead: ({ connection }) => ({ label: 'Failed deliveries', href: deliveriesLink({ connection, state: 'dead' }) }),
  document_failed: ({ connection }) => ({ label: 'Missing documents', href: link('/documents', { connection }) }),
  storage_unavailable: () => ({ label: 'Missing documents', href: link('/documents') }),
  reconcile_failed: ({ connection }) => ({ label: 'Reconcile runs', href: link('/reconcile-runs', { connection }) }),
  gaps_found: ({ connection }) => ({ label: 'Reconcile runs', href: link('/reconcile-runs', { connection }) }),
  webhooks_rejected: ({ connection }) => ({ label: 'Rejected requests', href: `${connectionLink(connection ?? '')}/rejections` }),
  consumer_forgotten: () => ({ label: 'Consumers', href: link('/consumers') }),
  consumer_behind: () => ({ label: 'Consumers', href: link('/consumers') }),
  receipt_rejected: () => ({ label: 'Consumers', href: link('/consumers') }),
  notify_failing: () => ({ label: 'Consumers', href: link('/consumers') }),
  unreadable_time: () => ({ label: 'Drift', href: link('/drift') }),
  future_time: () => ({ label: 'Drift', href: link('/drift') }),
};

export function alertPlace(alert: AlertRow): { label: string; href: string } {
  const place = PLACES[alert.code]?.(alert);
  if (place) return place;
  return alert.connection === null
    ? { label: 'Alerts', href: link('/alerts') }
    : { label: alert.connection, href: connectionLink(alert.connection) };
}

/** Remedies that refer to the API are not useful in the console. */
export const alertRemedyText = (alert: AlertRow): string => (/\/api\//.test(alertRemedy(alert.code)) ? '' : alertRemedy(alert.code));

/** An open alert as a problem on the overview. An acknowledged one stays, with the name of the person who acknowledged it. */
export function alertTrouble(alert: AlertRow): Trouble {
  const seen = alert.acknowledgedBy === null ? '' : ` (acknowledged by ${alert.acknowledgedBy})`;
  const steps: Step[] = [{ kind: 'link', ...alertPlace(alert) }];
  const text =
    alert.connection !== null && alert.text.startsWith(`${alert.connection}: `)
      ? alert.text.slice(alert.connection.length + 2)
      : alert.text;
  return {
    tone: alert.acknowledgedBy !== null ? 'plain' : alert.level === 'critical' ? 'bad' : 'watch',
    effect: 'none',
    sentence: `${text}${seen}`,
    since: alert.openedAt,
    steps,
  };
}
