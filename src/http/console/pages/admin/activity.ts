import { type AuditRow, listAudit } from '../../../../store/access/list-audit.ts';
import { auditSeenBy } from '../../../api/caller.ts';
import { badge, pager, table, time } from '../../components/components.ts';
import { filterForm } from '../../components/filter.ts';
import { type Content, html } from '../../components/html.ts';
import { consumerLink, deliveryLink, link, runLink } from '../../components/links.ts';
import { timeField, timeParam } from '../../criteria.ts';
import { type ConsolePorts, connectionNames, cutRows, PAGE_ROWS, type Page, positionParam } from '../../page.ts';

/** The audit: who did what, to what, and with which result; as `GET /audit`, readers and limited keys see only their own part. */
export const activityPage =
  (ports: ConsolePorts): Page =>
  async (pageRequest) => {
    const selected = { who: pageRequest.param('who'), action: pageRequest.param('action'), connection: pageRequest.param('connection') };
    const before = positionParam(pageRequest);
    const filter = {
      ...selected,
      seenBy: auditSeenBy(pageRequest.caller),
      target: pageRequest.param('target'),
      from: timeParam(pageRequest, 'from'),
      to: timeParam(pageRequest, 'to'),
    };
    const found = await listAudit(ports.context.db.read, filter, { before, limit: PAGE_ROWS + 1 });
    const { rows, last } = cutRows(found);
    const query = { ...selected, target: filter.target, from: pageRequest.param('from'), to: pageRequest.param('to') };
    return {
      title: 'Activity',
      lead: html`<p>Every change made here through the console, the API or the command line${filter.seenBy === null ? '' : ', as far as this key may see them'}. Newest first.</p>`,
      body: html`${filterForm('/activity', [
        { name: 'who', label: 'Who', value: selected.who },
        { name: 'action', label: 'Action', value: selected.action },
        { name: 'connection', label: 'Connection', value: selected.connection, choices: connectionNames(ports) },
        { name: 'from', label: `From (${pageRequest.zone})`, value: timeField(pageRequest, 'from'), type: 'datetime-local' },
        { name: 'to', label: 'to', value: timeField(pageRequest, 'to'), type: 'datetime-local' },
      ])}
${table(
  'Activity',
  ['When', 'Who', 'Action', 'Target', 'Result', 'Details', 'Connection', 'Via', 'Address'],
  rows.map((row) => ({
    cells: [
      time(row.at, pageRequest),
      html`<strong>${row.who}</strong>`,
      row.action,
      targetText(row),
      row.result === 'done' ? 'done' : badge(row.result, 'watch'),
      html`<span class="clip">${detailsText(row)}</span>`,
      html`<span class="faint whole">${row.connection ?? ''}</span>`,
      row.via,
      html`<span class="faint">${row.address ?? ''}</span>`,
    ],
  })),
  'No activity matches.',
)}${pager(last && link('/activity', { ...query, before: last.seq }), before === null ? null : link('/activity', query))}`,
    };
  };

const LINKS: Readonly<Record<string, (name: string) => string>> = { delivery: deliveryLink, consumer: consumerLink, run: runLink };

function targetText({ target }: AuditRow): Content {
  if (target === null) return '';
  const [kind = '', ...rest] = target.split(':');
  const name = rest.join(':');
  const to = LINKS[kind];
  return to && name !== '' ? html`<a href="${to(name)}">${kind} ${name.length > 20 ? `${name.slice(0, 8)}…` : name}</a>` : target;
}

const detailsText = ({ details }: AuditRow): string =>
  Object.entries(details)
    .filter(([, value]) => value !== null && value !== '')
    .map(([name, value]) => `${name}: ${value}`)
    .join(', ');
