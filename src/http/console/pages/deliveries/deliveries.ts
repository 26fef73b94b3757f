import { DELIVERY_STATES } from '../../../../domain/entities/delivery.ts';
import { type DeliveryFilter, listDeliveries } from '../../../../store/deliveries/list.ts';
import { command, pager, section, stateWord } from '../../components/components.ts';
import { filterForm } from '../../components/filter.ts';
import { countText } from '../../components/format.ts';
import { type Content, type Html, html } from '../../components/html.ts';
import { connectionLink, deliveriesLink, link } from '../../components/links.ts';
import { readSelection, type SelectedDeliveries, timeField } from '../../criteria.ts';
import { readKnownCauses } from '../../known-causes.ts';
import { type ConsolePorts, connectionNames, cutRows, PAGE_ROWS, type Page, type PageRequest, positionParam } from '../../page.ts';
import type { KnownCause } from '../../trouble.ts';
import { causeTable } from './cause-list.ts';
import { deliveryTable, readResources, readUnknownEvents } from './delivery-table.ts';

const MOST_LINKS = 12;

/** Every accepted webhook, newest first, with the causes of failures and the possible actions. */
export const deliveriesPage =
  (ports: ConsolePorts): Page =>
  async (pageRequest) => {
    const sql = ports.context.db.read;
    const selection = await readSelection(ports, pageRequest);
    const text = pageRequest.param('text');
    const before = positionParam(pageRequest);
    const filter: DeliveryFilter = { ...selection.criteria, text };
    const found = await listDeliveries(sql, filter, { before, limit: PAGE_ROWS + 1 });
    const { rows, last } = cutRows(found);
    const causes = await readKnownCauses(sql, { connection: selection.criteria.connection ?? null });
    const query = { ...selection.query, text };
    const isFiltered = Object.values(query).some((value) => value !== null);
    return {
      title: 'Deliveries',
      lead: leadOf(causes, selection.criteria.connection ?? null, pageRequest),
      body: html`${filters(selection, text, ports, pageRequest)}${rejectionLinks(selection.criteria.connection ?? null, ports)}
${causes.length > 0 && before === null && !isFiltered ? section('Causes', causeTable(causes, pageRequest)) : ''}
${section(
  'Deliveries',
  html`<form method="post" action="${link('/deliveries/selected')}"><input type="hidden" name="csrf" value="${pageRequest.csrf}">
${deliveryTable(rows, await readResources(sql, rows), pageRequest, {
  select: pageRequest.may('operator'),
  unknown: await readUnknownEvents(sql, selection.criteria.connection ?? null),
  empty: emptyText(isFiltered, ports),
})}
${rows.length > 0 && pageRequest.may('operator') ? selectionBar(selection, text) : ''}</form>`,
)}
${pager(last && deliveriesLink({ ...query, before: last.seq }), before === null ? null : deliveriesLink(query))}`,
    };
  };

/** About all deliveries, or those of one connection, whatever else the filter names. */
function leadOf(causes: readonly KnownCause[], connection: string | null, pageRequest: PageRequest): Html {
  const sum = (name: 'dead' | 'waiting') => causes.reduce((total, cause) => total + cause[name], 0);
  const [dead, waiting] = [sum('dead'), sum('waiting')];
  const unknown = causes.filter(({ event }) => event !== null).reduce((total, { count }) => total + count, 0);
  const parts = [
    dead > 0 ? `${countText(dead, 'delivery', 'deliveries')} failed and ${dead === 1 ? 'is' : 'are'} not applied` : null,
    waiting > 0 ? `${countText(waiting, 'delivery waits', 'deliveries wait')} for the next attempt` : null,
    unknown > 0 ? `${countText(unknown, 'delivery has', 'deliveries have')} an unknown event` : null,
  ].filter((part) => part !== null);
  const what =
    parts.length === 0
      ? `Every accepted webhook${connection === null ? '' : ` of ${connection}`} has been applied or has no effect.`
      : `${parts.join('; ')}.`;
  return html`<p>${what}${parts.length > 0 && pageRequest.may('operator') ? ' Fix the cause, then use the buttons next to it.' : ''}</p>`;
}

const filters = ({ criteria, resource }: SelectedDeliveries, text: string | null, ports: ConsolePorts, pageRequest: PageRequest): Html =>
  filterForm('/deliveries', [
    { name: 'subject', label: 'Number, id or resource', value: resource },
    { name: 'state', label: 'State', value: criteria.state ?? null, choices: DELIVERY_STATES, word: stateWord },
    { name: 'connection', label: 'Connection', value: criteria.connection ?? null, choices: connectionNames(ports) },
    { name: 'event', label: 'Event contains', value: criteria.event ?? null },
    { name: 'error', label: 'Error contains', value: criteria.error ?? null },
    { name: 'text', label: 'Body contains', value: text },
    { name: 'from', label: `Received from (${pageRequest.zone})`, value: timeField(pageRequest, 'from'), type: 'datetime-local' },
    { name: 'to', label: 'to', value: timeField(pageRequest, 'to'), type: 'datetime-local' },
  ]);

/** Rejected requests are not deliveries: they are listed separately, by connection. */
const rejectionLinks = (connection: string | null, ports: ConsolePorts): Html => {
  const names = connection === null ? connectionNames(ports).slice(0, MOST_LINKS) : [connection];
  return names.length === 0
    ? html``
    : html`<p class="faint">Rejected requests: ${names.map((name) => html` <a href="${connectionLink(name)}/rejections">${name}</a>`)}</p>`;
};

/** Actions on the selected deliveries, or on all that match the filter. */
function selectionBar({ query }: SelectedDeliveries, text: string | null): Html {
  const all = link('/deliveries/replay', query);
  return html`<p class="row selection"><label data-all-label hidden><input type="checkbox" data-all hidden> All on this page</label>
<span class="faint">Selected:</span> <button name="do" value="replay">Replay…</button> <button name="do" value="retry">Retry now</button> <button name="do" value="dismiss">Dismiss…</button>
${text === null && Object.values(query).some((value) => value !== null) ? html`<a class="button" href="${all}">Replay all that match…</a>` : ''}</p>`;
}

function emptyText(isFiltered: boolean, ports: ConsolePorts): Content {
  if (isFiltered) return 'No matches. Try a business number alone, or clear the filter.';
  const [connection] = ports.context.connections.list();
  if (!connection) return html`<p>No webhook has arrived yet, and no connection is configured.</p>`;
  return html`<p>No webhook has arrived yet. Register this address at the platform, or send a sample:</p><p>${command(`POST /webhooks/${connection.name}`)} ${command(`npx orderdock send ${connection.platform.name}`)}</p>`;
}
