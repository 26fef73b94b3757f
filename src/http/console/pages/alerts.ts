import { type AlertRow, listAlerts } from '../../../store/monitoring/list-alerts.ts';
import { section, stateBadge, table, time } from '../components.ts';
import { countText } from '../format.ts';
import { type Html, html } from '../html.ts';
import { connectionLink } from '../links.ts';
import type { ConsolePorts, Page } from '../page.ts';

export const alertList = (alerts: readonly AlertRow[], now: Date): Html =>
  html`<ul class="alerts">${alerts.map(
    (alert) => html`<li class="${alert.level}">${stateBadge(alert.level)} ${alert.text}
<span class="faint">${alert.connection === null ? '' : html`<a href="${connectionLink(alert.connection)}">${alert.connection}</a> · `}<code>${alert.code}</code> · since ${time(alert.openedAt, now)}${alert.count > 1 ? ` · ${alert.count} times` : ''}</span></li>`,
  )}</ul>`;

export const alertsPage =
  (ports: ConsolePorts): Page =>
  async (visit) => {
    const all = await listAlerts(ports.context.db.read, { state: 'all' }, { limit: 200 });
    const lasting = all.filter((alert) => alert.closedAt === null);
    const ended = all.filter((alert) => alert.closedAt !== null);
    return {
      title: 'Alerts',
      lead: html`<p>${lasting.length === 0 ? 'Nothing needs you right now.' : `${countText(lasting.length, 'state needs', 'states need')} somebody. What each code means, and what to do, stands in the operating guide.`}</p>`,
      body: html`${section('Lasting', lasting.length === 0 ? html`<p class="empty">None.</p>` : alertList(lasting, visit.now))}
${section(
  'Ended',
  table(
    'Ended alerts',
    ['What', 'Code', 'Connection', 'Opened', 'Ended'],
    ended.map((alert) => [
      alert.text,
      html`<code>${alert.code}</code>`,
      alert.connection ?? '–',
      time(alert.openedAt, visit.now),
      time(alert.closedAt, visit.now),
    ]),
    'None yet.',
  ),
)}`,
    };
  };
