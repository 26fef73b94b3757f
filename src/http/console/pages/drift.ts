import { listDrift } from '../../../store/drift/list.ts';
import { badge, filterForm, table, time } from '../components.ts';
import { countText } from '../format.ts';
import { html } from '../html.ts';
import { connectionLink, deliveryLink } from '../links.ts';
import { type ConsolePorts, connectionNames, type Page } from '../page.ts';

const MOST_SHOWN = 500;

/** What platforms send that our description of them does not know. */
export const driftPage =
  (ports: ConsolePorts): Page =>
  async (visit) => {
    const filter = { connection: visit.asked('connection'), kind: visit.asked('kind') };
    const found = await listDrift(ports.context.db.read, filter, { after: null, limit: MOST_SHOWN });
    return {
      title: 'Drift',
      lead: html`<p>${found.length === 0 ? 'The platforms send nothing that we do not know.' : `${countText(found.length, 'event, field or value is', 'events, fields or values are')} not in our description of the platform. Nothing is lost by it: the whole body is kept, and what is known is applied. Tell whoever looks after the platform’s folder.`}</p>`,
      body: html`${filterForm('/drift', [
        { name: 'connection', label: 'Connection', value: filter.connection, choices: connectionNames(ports) },
        { name: 'kind', label: 'Kind', value: filter.kind, choices: ['event', 'field', 'value'] },
      ])}
${table(
  'Drift',
  ['Kind', 'Name', 'Where', 'Connection', 'Times', 'First seen', 'Last seen', ''],
  found.map((one) => [
    badge(one.kind, 'plain'),
    html`<code>${one.name}</code>`,
    html`<code>${one.path}</code>`,
    html`<a href="${connectionLink(one.connection)}">${one.connection}</a>`,
    one.count,
    time(one.firstSeenAt, visit.now),
    time(one.lastSeenAt, visit.now),
    html`<a href="${deliveryLink(one.sampleId)}">a sample</a>`,
  ]),
  'None.',
)}`,
    };
  };
