import { type DriftRow, listDrift } from '../../../../store/drift/list.ts';
import { badge, table, time } from '../../components/components.ts';
import { filterForm } from '../../components/filter.ts';
import { countText, shortEvent } from '../../components/format.ts';
import { type Html, html } from '../../components/html.ts';
import { deliveryLink } from '../../components/links.ts';
import { readSamples, wasApplied } from '../../known-causes.ts';
import { type ConsolePorts, connectionNames, type Page } from '../../page.ts';

const MOST_SHOWN = 300;

/** What platforms send that our description of them does not contain. */
export const driftPage =
  (ports: ConsolePorts): Page =>
  async (pageRequest) => {
    const filter = { connection: pageRequest.param('connection'), kind: pageRequest.param('kind') };
    const found = await listDrift(ports.context.db.read, filter, { after: null, limit: MOST_SHOWN });
    const events = found.filter(({ kind }) => kind === 'event');
    const eventSampleIds = events.map(({ sampleId }) => sampleId);
    const samples = await readSamples(ports.context.db.read, eventSampleIds);
    const isApplied = ({ kind, sampleId }: DriftRow) => kind === 'event' && wasApplied(samples.get(sampleId));
    const counts = { all: found.length, events: events.length, applied: events.filter(isApplied).length };
    const isFiltered = filter.connection !== null || filter.kind !== null;
    return {
      title: 'Drift',
      lead: html`<p>${leadOf(counts, isFiltered)}</p>`,
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
      nameOf(one.name),
      badge(one.kind, 'plain'),
      effectOf(one.kind, isApplied(one)),
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

function nameOf(name: string): Html {
  const short = shortEvent(name);
  return short === name ? html`<code>${name}</code>` : html`<code title="${name}">${short}</code>`;
}

function effectOf(kind: string, isApplied: boolean): Html {
  if (kind !== 'event') return html`<span class="faint">kept in source</span>`;
  return isApplied ? html`<span class="faint">applied as a snapshot</span>` : badge('not applied', 'watch');
}

function leadOf({ all, events, applied }: { all: number; events: number; applied: number }, isFiltered: boolean): string {
  if (all === 0) return isFiltered ? 'No drift matches the filter.' : 'The platforms send nothing that their adapters do not know.';
  const [fields, stored] = [all - events, events - applied];
  const parts = [
    stored > 0
      ? `${countText(stored, 'unknown event is', 'unknown events are')} stored but not applied: the ERP does not see their content.`
      : null,
    applied > 0 ? `${countText(applied, 'unknown event was', 'unknown events were')} applied as a snapshot.` : null,
    fields > 0
      ? `${countText(fields, 'unknown field or value is', 'unknown fields or values are')} stored in the source; everything else is applied.`
      : null,
  ];
  return `${parts.filter((part) => part !== null).join(' ')} Report them to the adapter's maintainer.`;
}
