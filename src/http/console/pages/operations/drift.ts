import { listDrift } from '../../../../store/drift/list.ts';
import { badge, table, time } from '../../components/components.ts';
import { filterForm } from '../../components/filter.ts';
import { countText } from '../../components/format.ts';
import { html } from '../../components/html.ts';
import { deliveryLink } from '../../components/links.ts';
import { type ConsolePorts, connectionNames, type Page } from '../../page.ts';

const MOST_SHOWN = 300;

/** What platforms send that our description of them does not contain. */
export const driftPage =
  (ports: ConsolePorts): Page =>
  async (pageRequest) => {
    const filter = { connection: pageRequest.param('connection'), kind: pageRequest.param('kind') };
    const found = await listDrift(ports.context.db.read, filter, { after: null, limit: MOST_SHOWN });
    const events = found.filter(({ kind }) => kind === 'event').length;
    return {
      title: 'Drift',
      lead: html`<p>${leadOf(found.length, events)}</p>`,
      body: html`${filterForm('/drift', [
        { name: 'connection', label: 'Connection', value: filter.connection, choices: connectionNames(ports) },
        { name: 'kind', label: 'Kind', value: filter.kind, choices: ['event', 'field', 'value', 'overflow'] },
      ])}
${table(
  'Drift',
  ['Name', 'Kind', 'Effect', 'Path', 'Connection', 'Times', 'First seen', 'Last seen'],
  found.map((one) => ({
    href: deliveryLink(one.sampleId),
    cells: [
      html`<code>${one.name}</code>`,
      badge(one.kind, 'plain'),
      one.kind === 'event' ? badge('not applied', 'watch') : html`<span class="faint">kept in source</span>`,
      html`<code>${one.path}</code>`,
      html`<span class="faint whole">${one.connection}</span>`,
      one.count,
      time(one.firstSeenAt, pageRequest),
      time(one.lastSeenAt, pageRequest),
    ],
  })),
  'None. An event, field or value appears here when a platform sends one that its adapter does not know; a row leads to an example.',
)}`,
    };
  };

function leadOf(found: number, events: number): string {
  if (found === 0) return 'The platforms send nothing that their adapters do not know.';
  const fields = found - events;
  const parts = [
    events > 0
      ? `${countText(events, 'unknown event is', 'unknown events are')} stored but not applied: the ERP does not see their content.`
      : null,
    fields > 0
      ? `${countText(fields, 'unknown field or value is', 'unknown fields or values are')} stored in the source; everything else is applied.`
      : null,
  ];
  return `${parts.filter((part) => part !== null).join(' ')} Report them to the adapter's maintainer.`;
}
