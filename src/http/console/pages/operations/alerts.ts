import { type AlertRow, listAlerts } from '../../../../store/monitoring/list-alerts.ts';
import { alertId } from '../../../../views/alert.ts';
import { alertPlace, alertRemedyText } from '../../alert-troubles.ts';
import { action, badge, button, note, section, stateBadge, table, time, timeAndAge } from '../../components/components.ts';
import { filterForm } from '../../components/filter.ts';
import { countText, spanText } from '../../components/format.ts';
import { type Content, type Html, html } from '../../components/html.ts';
import { connectionLink } from '../../components/links.ts';
import type { Moment } from '../../components/times.ts';
import { type ConsolePorts, connectionNames, type Page, type PageRequest } from '../../page.ts';

const MOST_SHOWN = 200;
const LEVELS = ['critical', 'warning', 'info'];

export const alertsPage =
  (ports: ConsolePorts): Page =>
  async (pageRequest) => {
    const filter = { connection: pageRequest.param('connection'), code: pageRequest.param('code') };
    const all = await listAlerts(ports.context.db.read, { state: 'all', ...filter }, { limit: MOST_SHOWN });
    const open = all.filter((alert) => alert.closedAt === null).sort((a, b) => LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level));
    const fresh = open.filter((alert) => alert.acknowledgedAt === null);
    const isFiltered = filter.connection !== null || filter.code !== null;
    const none = isFiltered ? 'No open alert matches the filter.' : 'No alert is open.';
    return {
      title: 'Alerts',
      lead: html`<p>${open.length === 0 ? none : `${countText(open.length, 'open alert')}${fresh.length === open.length ? '' : `, ${open.length - fresh.length} acknowledged`}. Each resolves automatically when its cause is gone.`}</p>`,
      body: html`${filterForm('/alerts', [
        { name: 'connection', label: 'Connection', value: filter.connection, choices: connectionNames(ports) },
        { name: 'code', label: 'Code', value: filter.code },
      ])}
${section('Open', open.length === 0 ? html`<p class="empty">None. Alerts also go to ALERT_WEBHOOK_URL when that is set.</p>` : html`${open.map((alert) => openAlert(alert, pageRequest))}`)}
${section(
  'History',
  alertHistory(
    all.filter((alert) => alert.closedAt !== null),
    pageRequest,
  ),
)}`,
    };
  };

function openAlert(alert: AlertRow, pageRequest: PageRequest): Html {
  const { label, href } = alertPlace(alert);
  return note(
    alert.level === 'critical' ? 'bad' : 'watch',
    html`${stateBadge(alert.level)} <strong>${alert.text}</strong> ${alertRemedyText(alert)}
<span class="faint">${alert.connection === null ? '' : html`<a href="${connectionLink(alert.connection)}">${alert.connection}</a> · `}<code>${alert.code}</code> · since ${timeAndAge(alert.openedAt, pageRequest)}${alert.count > 1 ? ` · ${alert.count} times` : ''}${acknowledgement(alert, pageRequest)}</span>
<div class="row">${button(label, href)}${pageRequest.may('operator') ? verbs(alert, pageRequest) : ''}</div>`,
  );
}

const acknowledgement = (alert: AlertRow, pageRequest: PageRequest): Content => [
  alert.acknowledgedBy === null ? '' : html` · ${badge(`acknowledged by ${alert.acknowledgedBy}`, 'plain')}`,
  alert.mutedUntil === null || alert.mutedUntil <= pageRequest.now.toISOString()
    ? ''
    : html` · muted until ${time(alert.mutedUntil, pageRequest)}`,
];

const MUTES: readonly (readonly [label: string, hours: string])[] = [
  ['Mute 1 h', '1'],
  ['Mute 8 h', '8'],
  ['Mute 3 d', '72'],
];

function verbs(alert: AlertRow, pageRequest: PageRequest): Html {
  const path = `/alerts/${encodeURIComponent(alertId(alert))}`;
  const isMuted = alert.mutedUntil !== null && alert.mutedUntil > pageRequest.now.toISOString();
  return html`${alert.acknowledgedAt === null ? action({ path: `${path}/acknowledge`, label: 'Acknowledge', csrf: pageRequest.csrf }) : ''}
${isMuted ? action({ path: `${path}/mute`, label: 'Unmute', csrf: pageRequest.csrf, hidden: { hours: '0' } }) : MUTES.map(([label, hours]) => action({ path: `${path}/mute`, label, csrf: pageRequest.csrf, hidden: { hours } }))}`;
}

/** What happened, newest first: each alert with how long it lasted. */
export const alertHistory = (alerts: readonly AlertRow[], moment: Moment): Html =>
  table(
    'History',
    ['Opened', 'What', 'Code', 'Connection', 'Resolved', 'Lasted'],
    alerts.map((alert) => ({
      cells: [
        time(alert.openedAt, moment),
        alert.text,
        html`<code>${alert.code}</code>`,
        html`<span class="faint whole">${alert.connection ?? '–'}</span>`,
        alert.closedAt === null ? badge('open', alert.level === 'critical' ? 'bad' : 'watch') : time(alert.closedAt, moment),
        html`<span class="whole">${spanText((alert.closedAt === null ? moment.now.getTime() : Date.parse(alert.closedAt)) - Date.parse(alert.openedAt))}</span>`,
      ],
    })),
    'Nothing has happened yet.',
  );
