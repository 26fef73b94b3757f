import { listMissingDocuments, type MissingDocument } from '../../../../store/documents/list-missing.ts';
import { readNamesOf } from '../../../../store/entities/list-names.ts';
import { action, stateBadge, table, time } from '../../components/components.ts';
import { filterForm } from '../../components/filter.ts';
import { countText } from '../../components/format.ts';
import { html } from '../../components/html.ts';
import { entityLink } from '../../components/links.ts';
import { type ConsolePorts, connectionNames, type Page } from '../../page.ts';
import { plainError } from '../../trouble.ts';
import { shortId } from '../deliveries/delivery-table.ts';
import { fetchAgainButton, mayFetchAgain } from './entity-parts.ts';

const MOST_SHOWN = 200;

/** Documents announced but not downloaded, oldest first. */
export const documentsPage =
  (ports: ConsolePorts): Page =>
  async (pageRequest) => {
    const sql = ports.context.db.read;
    const connection = pageRequest.param('connection');
    const found = await listMissingDocuments(sql, { connection, limit: MOST_SHOWN });
    const names = await readNamesOf(
      sql,
      found.map(({ entityId }) => entityId),
    );
    const failed = found.filter(({ state }) => mayFetchAgain(state));
    const waiting = found.length - failed.length;
    const row = (one: MissingDocument) => ({
      cells: [
        html`<strong>${one.name}</strong>`,
        stateBadge(one.state),
        fetchAgainButton(one, pageRequest),
        html`<a class="whole" href="${entityLink(one.entityId)}" title="${one.externalId}">${one.kind} ${names.get(one.entityId)?.number ?? shortId(one.externalId)}</a>`,
        one.error === null ? '' : html`<span class="clip" title="${one.error}">${plainError(one.error)}</span>`,
        one.tries,
        one.state === 'announced' ? time(one.nextAttemptAt, pageRequest) : html`<span class="faint">–</span>`,
        html`<span class="faint whole">${one.connection}</span>`,
        time(one.announcedAt, pageRequest),
      ],
    });
    return {
      title: 'Missing documents',
      lead: html`<p>${found.length === 0 ? 'All announced documents are stored.' : leadText(failed.length, waiting)}</p>`,
      body: html`${filterForm('/documents', [{ name: 'connection', label: 'Connection', value: connection, choices: connectionNames(ports) }])}
${failed.length > 0 && pageRequest.may('operator') ? html`<p class="row">${action({ path: '/documents/fetch', label: failed.length === 1 ? 'Fetch it again' : `Fetch all ${failed.length} again`, csrf: pageRequest.csrf, hidden: { connection, back: pageRequest.address }, look: 'primary' })}</p>` : ''}
${table('Missing documents', ['Name', 'State', '', 'Belongs to', 'Reason', 'Attempts', 'Next attempt', 'Connection', 'Announced'], found.map(row), 'Nothing is missing. A document appears here when an order or shipment announces it and its content has not been downloaded.')}`,
    };
  };

function leadText(failed: number, waiting: number): string {
  const parts = [
    failed > 0
      ? `${countText(failed, 'document')} failed: fix the cause below (or ask the supplier to upload it again), then fetch again.`
      : null,
    waiting > 0 ? `${countText(waiting, 'document is', 'documents are')} still being fetched automatically.` : null,
  ];
  return parts.filter((part) => part !== null).join(' ');
}
