import { DELIVERY_STATES } from '../../../domain/delivery.ts';
import type { DeliveryCriteria } from '../../../processing/replay.ts';
import { type DeliveryRow, listDeliveries } from '../../../store/deliveries/list.ts';
import { badge, filterForm, older, stateBadge, table, time } from '../components.ts';
import { type Html, html } from '../html.ts';
import { connectionLink, deliveryLink, link } from '../links.ts';
import { askedPosition, type ConsolePorts, connectionNames, cutRows, PAGE_ROWS, type Page, type Visit } from '../page.ts';

export const deliveryTable = (deliveries: readonly DeliveryRow[], now: Date): Html =>
  table(
    'Deliveries',
    ['Received', 'Event', 'About', 'Connection', 'State', 'Attempts', 'Error'],
    deliveries.map((one) => [
      html`<a href="${deliveryLink(one.id)}">${time(one.receivedAt, now)}</a>`,
      one.eventType ?? html`<span class="faint">none named</span>`,
      one.subject === null
        ? html`<span class="faint">–</span>`
        : html`<a href="${link('/deliveries', { subject: one.subject })}">${one.subject}</a>`,
      html`<a href="${connectionLink(one.connection)}">${one.connection}</a>`,
      html`${stateBadge(one.state)}${one.duplicates > 0 ? html` <span class="faint">+${one.duplicates} again</span>` : ''}${one.conflict ? html` ${badge('other body', 'watch')}` : ''}`,
      one.attempts.length,
      one.error ?? '',
    ]),
    'No delivery fits.',
  );

/** The members of the address that name deliveries, as a replay takes them. */
export const replayFilterOf = (visit: Visit) =>
  ({
    state: visit.asked('state'),
    connection: visit.asked('connection'),
    subject: visit.asked('subject'),
  }) satisfies DeliveryCriteria;

export const deliveriesPage =
  (ports: ConsolePorts): Page =>
  async (visit) => {
    const { state, connection, subject } = replayFilterOf(visit);
    const filter = { state, connection, subject, eventType: visit.asked('eventType') };
    const found = await listDeliveries(ports.context.db.read, filter, { before: askedPosition(visit), limit: PAGE_ROWS + 1 });
    const { rows, last } = cutRows(found);
    return {
      title: 'Deliveries',
      lead: html`<p>Every webhook that was taken, newest first. <em>Dead</em> ones are kept but have no effect: open one to see why, mend the reason, replay. Nothing that was answered 202 is ever missing here.</p>`,
      body: html`${filterForm('/deliveries', [
        { name: 'state', label: 'State', value: state, choices: DELIVERY_STATES },
        { name: 'connection', label: 'Connection', value: connection, choices: connectionNames(ports) },
        { name: 'subject', label: 'About (order:PO1)', value: subject },
        { name: 'eventType', label: 'Event', value: filter.eventType },
      ])}
${visit.may('operator') && rows.length > 0 && filter.eventType === null ? html`<p class="row"><a class="button" href="${link('/deliveries/replay', { state, connection, subject })}">Replay all of these…</a></p>` : ''}
${deliveryTable(rows, visit.now)}${older(last && link('/deliveries', { state, connection, subject, eventType: filter.eventType, before: last.seq }))}`,
    };
  };
