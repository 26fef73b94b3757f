import { ENTITY_KINDS, type Header, type Price } from '../../../domain/entity.ts';
import { Refused } from '../../../domain/errors.ts';
import { listDeliveries } from '../../../store/deliveries/list.ts';
import { type DocumentRow, readDocumentsOf } from '../../../store/documents/list.ts';
import { type EntityRow, readEntity } from '../../../store/entities/list.ts';
import { type LineRow, readLines } from '../../../store/entities/list-lines.ts';
import { readHistory } from '../../../store/feed/read-changes.ts';
import { action, badge, facts, section, stateBadge, table, time } from '../components.ts';
import { bytesText, countText } from '../format.ts';
import { type Html, html } from '../html.ts';
import { connectionLink, link } from '../links.ts';
import type { ConsolePorts, Page, Visit } from '../page.ts';
import { changeList } from './changes.ts';
import { deliveryTable } from './deliveries.ts';

const MOST_CHANGES = 500;
const MOST_DELIVERIES = 20;

/** One order, shipment or record: as it is, how it became so, and what was received about it. */
export const entityPage =
  (ports: ConsolePorts): Page =>
  async (visit) => {
    const sql = ports.context.db.read;
    const entity = await readEntity(sql, ENTITY_KINDS, visit.segment('id'));
    if (!entity) throw new Refused(404, 'not_found', 'Nothing of this id is held.');
    const about = {
      state: null,
      connection: entity.connection,
      subject: `${entity.kind}:${entity.externalId}`,
      eventType: null,
      from: null,
      to: null,
    };
    const [lines, documents, history, deliveries] = await Promise.all([
      readLines(sql, [entity.id], false),
      readDocumentsOf(sql, [entity.id]),
      readHistory(sql, entity.id, '0', MOST_CHANGES),
      listDeliveries(sql, about, { before: null, limit: MOST_DELIVERIES }),
    ]);
    const hasLines = entity.kind === 'order' || entity.kind === 'shipment';
    return {
      title: `${entity.kind} ${entity.header.number ?? entity.externalId}`,
      place: entity.kind === 'order' ? '/orders' : entity.kind === 'shipment' ? '/shipments' : '/records',
      lead: html`<p>${leadOf(entity, history.length)}</p>`,
      body: html`${headerFacts(entity, visit.now)}
${hasLines ? section('Lines', lineTable(lines, visit.now)) : ''}
${documents.length > 0 ? section('Documents', documentTable(documents, visit)) : ''}
${section('What happened', changeList(history.toReversed(), visit.now, 'Its changes are no longer kept.', history.length <= 3))}
${section('Deliveries about it', deliveryTable(deliveries, visit.now))}`,
    };
  };

function leadOf(entity: EntityRow, changes: number): string {
  if (entity.deletedAt !== null) return 'It is gone at the platform. What was known of it stays here.';
  const kept = changes === entity.version ? 'every one of them is listed below' : `the last ${changes} are listed below`;
  return `It is at version ${entity.version}: ${countText(entity.version, 'change')} so far, ${kept}.`;
}

const partyText = (party: Header['buyer']): string | null =>
  party === null ? null : [party.name, party.id === null ? null : `(${party.id})`].filter(Boolean).join(' ');

const headerFacts = ({ header, ...entity }: EntityRow, now: Date): Html =>
  facts([
    ['Number', header.number],
    ['Status', header.status],
    ['Buyer', partyText(header.buyer)],
    ['Supplier', partyText(header.supplier)],
    ['Total', header.total === null ? null : `${header.total} ${header.currency ?? ''}`],
    ['Ordered', time(header.orderedAt, now)],
    ['Changed at the platform', time(entity.lastUpdatedAt, now)],
    ['Changed here', time(entity.updatedAt, now)],
    ['Connection', html`<a href="${connectionLink(entity.connection)}">${entity.connection}</a>`],
    ['External id', html`<code>${entity.externalId}</code>`],
    ['Id', html`<code>${entity.id}</code>`],
    ['Source', html`<a href="${apiAddress(entity)}">what the platform sent, as JSON</a>`],
  ]);

const apiAddress = ({ kind, id }: Pick<EntityRow, 'kind' | 'id'>): string => link(`/entities/${encodeURIComponent(id)}/source`, { kind });

const priceText = (price: Price | null): string =>
  price === null
    ? '–'
    : `${price.net ?? price.gross ?? '–'} ${price.currency ?? ''}${price.per === null ? '' : ` per ${price.per} ${price.unit ?? ''}`}`;

const lineTable = (lines: readonly LineRow[], now: Date): Html =>
  table(
    'Lines',
    ['Position', 'Item', 'Description', 'Quantity', 'Status', 'Price', 'Deliveries', 'Version', 'Changed'],
    lines.map(({ externalId, content, version, lastUpdatedAt, removedAt }) => [
      html`${content.position ?? html`<code>${externalId}</code>`}${removedAt === null ? '' : html` ${badge('removed', 'bad')}`}`,
      [content.item?.number, content.item?.name].filter(Boolean).join(' · ') || '–',
      content.description ?? '',
      `${content.quantity ?? '–'} ${content.unit ?? ''}`,
      content.status ?? '–',
      priceText(content.price),
      content.deliverySchedule.map(
        (one) => html`<div>${one.date ?? 'no date'}: ${one.quantity ?? '–'} <span class="faint">${one.status ?? ''}</span></div>`,
      ),
      version,
      time(lastUpdatedAt, now),
    ]),
    'It has no lines.',
  );

const documentTable = (documents: readonly DocumentRow[], visit: Visit): Html =>
  table(
    'Documents',
    ['Name', 'State', 'Size', 'Kind', 'Line', 'Announced', ''],
    documents.map((one) => [
      one.state === 'stored' ? html`<a href="${link(`/documents/${encodeURIComponent(one.id)}/content`)}">${one.name}</a>` : one.name,
      html`${stateBadge(one.state)}${one.error === null || one.state === 'stored' ? '' : html` <span class="faint">${one.error}</span>`}`,
      bytesText(one.bytes),
      one.type ?? one.code ?? '–',
      one.line ?? '–',
      time(one.announcedAt, visit.now),
      mayFetchAgain(one.state) && visit.may('operator')
        ? action({ path: `/documents/${encodeURIComponent(one.id)}/fetch`, label: 'Fetch again', csrf: visit.csrf })
        : '',
    ]),
    'None.',
  );

/** States that a document does not leave by itself. */
export const mayFetchAgain = (state: string): boolean => !['announced', 'stored', 'empty'].includes(state);
