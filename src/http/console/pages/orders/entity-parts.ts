import type { Header, Price } from '../../../../domain/entities/entity.ts';
import type { DocumentRow } from '../../../../store/documents/list.ts';
import type { EntityRow } from '../../../../store/entities/list.ts';
import type { LineRow } from '../../../../store/entities/list-lines.ts';
import { action, badge, facts, stateBadge, table, time, timeAndAge } from '../../components/components.ts';
import { bytesText } from '../../components/format.ts';
import { type Content, type Html, html } from '../../components/html.ts';
import { connectionLink, link } from '../../components/links.ts';
import type { Moment } from '../../components/times.ts';
import type { PageRequest } from '../../page.ts';

const partyText = (party: Header['buyer']): string | null =>
  party === null ? null : [party.name, party.id === null ? null : `(${party.id})`].filter(Boolean).join(' ');

export const headerFacts = ({ header, ...entity }: EntityRow, moment: Moment): Html =>
  facts([
    ['Number', header.number],
    ['Status', header.status],
    ['Buyer', partyText(header.buyer)],
    ['Supplier', partyText(header.supplier)],
    ['Total', header.total === null ? null : `${header.total} ${header.currency ?? ''}`],
    ['Ordered', header.orderedAt === null ? null : time(header.orderedAt, moment)],
    ['Changed at the platform', entity.lastUpdatedAt === null ? null : timeAndAge(entity.lastUpdatedAt, moment)],
    ['Applied', timeAndAge(entity.updatedAt, moment)],
    ['Connection', html`<a href="${connectionLink(entity.connection)}">${entity.connection}</a>`],
    ['External id', html`<code id="external-id">${entity.externalId}</code>`],
    ['Id', html`<code>${entity.id}</code>`],
    ['Source', html`<a href="${link(`/entities/${encodeURIComponent(entity.id)}/source`)}">the platform's JSON</a>`],
  ]);

const priceText = (price: Price | null): string =>
  price === null
    ? '–'
    : `${price.net ?? price.gross ?? '–'} ${price.currency ?? ''}${price.per === null ? '' : ` per ${price.per} ${price.unit ?? ''}`}`;

export type ShownLine = Pick<LineRow, 'externalId' | 'content' | 'version' | 'lastUpdatedAt' | 'removedAt'>;

export const lineTable = (lines: readonly ShownLine[], moment: Moment): Html =>
  table(
    'Lines',
    ['Line', 'Item', 'Description', 'Quantity', 'Status', 'Price', 'Delivery schedule', 'Version', 'Changed'],
    lines.map(({ externalId, content, version, lastUpdatedAt, removedAt }) => ({
      cells: [
        html`<span class="whole">${content.position ?? html`<code>${externalId}</code>`}${removedAt === null ? '' : html` ${badge('removed', 'bad')}`}</span>`,
        [content.item?.number, content.item?.name].filter(Boolean).join(' · ') || '–',
        content.description ?? '',
        html`<span class="whole">${content.quantity ?? '–'} ${content.unit ?? ''}</span>`,
        content.status ?? '–',
        html`<span class="whole">${priceText(content.price)}</span>`,
        content.deliverySchedule.map(
          (one) =>
            html`<div class="whole">${one.date ?? 'no date'}: ${one.quantity ?? '–'} <span class="faint">${one.status ?? ''}</span></div>`,
        ),
        version,
        time(lastUpdatedAt, moment),
      ],
    })),
    'It has no lines.',
  );

/** Whether a document is in a state that it does not leave automatically. */
export const mayFetchAgain = (state: string): boolean => !['announced', 'stored', 'empty'].includes(state);

/** The button that fetches a document again, for those that are not retried automatically. */
export const fetchAgainButton = ({ id, state }: { id: string; state: string }, pageRequest: PageRequest): Content =>
  mayFetchAgain(state) && pageRequest.may('operator')
    ? action({
        path: `/documents/${encodeURIComponent(id)}/fetch`,
        label: 'Fetch again',
        csrf: pageRequest.csrf,
        hidden: { back: pageRequest.address },
      })
    : '';

/** Marks a document that another has replaced, or that the platform no longer has. */
const pastBadge = ({ supersededBy, removedAt }: DocumentRow): Content => {
  if (supersededBy !== null) return html` ${badge('superseded', 'plain')}`;
  return removedAt === null ? '' : html` ${badge('removed', 'bad')}`;
};

/** The documents of one entity: the current ones, and former ones, each marked. */
export const documentTable = (documents: readonly DocumentRow[], pageRequest: PageRequest): Html =>
  table(
    'Documents',
    ['Name', 'State', '', 'Size', 'Kind', 'Line', 'Announced'],
    documents.map((one) => ({
      cells: [
        html`${one.state === 'stored' ? html`<a href="${link(`/documents/${encodeURIComponent(one.id)}/content`)}">${one.name}</a>` : one.name}${pastBadge(one)}`,
        html`${stateBadge(one.state)}${one.error === null || one.state === 'stored' ? '' : html` <span class="faint">${one.error}</span>`}`,
        one.supersededBy === null && one.removedAt === null ? fetchAgainButton(one, pageRequest) : '',
        bytesText(one.bytes),
        one.type ?? one.code ?? '–',
        one.line ?? '–',
        time(one.announcedAt, pageRequest),
      ],
    })),
    'None.',
  );
