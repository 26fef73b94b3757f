import { ENTITY_KINDS } from '../../../../domain/entities/entity.ts';
import { Refused } from '../../../../domain/errors.ts';
import { listDeliveries } from '../../../../store/deliveries/list.ts';
import { readDocumentsOf } from '../../../../store/documents/list.ts';
import { type EntityRow, readEntity } from '../../../../store/entities/list.ts';
import { readLines } from '../../../../store/entities/list-lines.ts';
import type { ChangeRow } from '../../../../store/feed/change-row.ts';
import { readHistory } from '../../../../store/feed/read-changes.ts';
import { section } from '../../components/components.ts';
import { countText } from '../../components/format.ts';
import { type Html, html } from '../../components/html.ts';
import { link } from '../../components/links.ts';
import { localInput } from '../../components/times.ts';
import type { ConsolePorts, Page, PageRequest } from '../../page.ts';
import { deliveryTable, readResources } from '../deliveries/delivery-table.ts';
import { changeList } from './changes.ts';
import { documentTable, headerFacts, lineTable } from './entity-parts.ts';

const MOST_CHANGES = 200;
const MOST_DELIVERIES = 20;

export async function namedEntity(ports: ConsolePorts, pageRequest: PageRequest): Promise<EntityRow> {
  const entity = await readEntity(ports.context.db.read, ENTITY_KINDS, pageRequest.segment('id'));
  if (!entity) throw new Refused(404, 'not_found', 'Nothing with this id is stored here.');
  return entity;
}

export const placeOf = ({ kind }: Pick<EntityRow, 'kind'>): string =>
  kind === 'order' ? '/orders' : kind === 'shipment' ? '/shipments' : '/records';

/** One order, shipment or record: its current state, its history, and the webhooks received about it. */
export const entityPage =
  (ports: ConsolePorts): Page =>
  async (pageRequest) => {
    const sql = ports.context.db.read;
    const entity = await namedEntity(ports, pageRequest);
    const about = { connection: entity.connection, subject: `${entity.kind}:${entity.externalId}` };
    const [lines, documents, history, deliveries] = await Promise.all([
      readLines(sql, [entity.id], false),
      readDocumentsOf(sql, [entity.id], 'all'),
      readHistory(sql, entity.id, { after: '0', limit: MOST_CHANGES }),
      listDeliveries(sql, about, { before: null, limit: MOST_DELIVERIES }),
    ]);
    const hasLines = entity.kind === 'order' || entity.kind === 'shipment';
    return {
      title: `${entity.kind === 'order' ? 'Order' : entity.kind} ${entity.header.number ?? entity.externalId}`,
      place: placeOf(entity),
      lead: html`<p>${leadOf(entity, history.length)}</p>`,
      body: html`${headerFacts(entity, pageRequest)}
${hasLines ? section('Lines', lineTable(lines, pageRequest)) : ''}
${documents.length > 0 ? section('Documents', documentTable(documents, pageRequest)) : ''}
${section('History', html`${versionForms(entity, history, pageRequest)}${await changeList(sql, history.toReversed(), pageRequest, 'Its changes have been deleted: their retention time has passed.')}`)}
${section('Webhooks received', deliveryTable(deliveries, await readResources(sql, deliveries), pageRequest, { empty: 'None: it was found by reconciliation.' }))}`,
    };
  };

function leadOf(entity: EntityRow, changes: number): string {
  if (entity.deletedAt !== null) return 'Deleted at the platform. Its last known state is kept here.';
  const kept = changes === entity.version ? 'all of them are listed below' : `the last ${changes} are listed below`;
  return `Version ${entity.version}: ${countText(entity.version, 'change')} so far, ${kept}.`;
}

/** Forms for the state that a consumer saw at a time, and for comparing two versions. */
function versionForms(entity: EntityRow, history: readonly ChangeRow[], pageRequest: PageRequest): Html {
  const path = link(`/entities/${encodeURIComponent(entity.id)}/versions`);
  const options = (chosen: number) =>
    history.map(
      ({ version, position }) => html`<option value="${position}"${version === chosen ? html` selected` : ''}>version ${version}</option>`,
    );
  const last = history.at(-1)?.version ?? 1;
  return html`<div class="row"><form class="filter" method="get" action="${path}" hx-morph-skip><label>As the ERP saw it at (${pageRequest.zone}) <input type="datetime-local" name="at" value="${localInput(pageRequest.now.toISOString(), pageRequest.zone)}" required></label><button>Show</button></form>
${history.length < 2 ? '' : html`<form class="filter" method="get" action="${path}" hx-morph-skip><label>Compare <select name="from">${options(last - 1)}</select></label><label>with <select name="to">${options(last)}</select></label><button>Compare</button></form>`}</div>`;
}
