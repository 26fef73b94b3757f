import { type EntityKind, RECORD_KINDS } from '../../../../domain/entities/entity.ts';
import { type FoundEntity, searchEntities } from '../../../../store/entities/search.ts';
import { badge, command, pager, table, time } from '../../components/components.ts';
import { filterForm } from '../../components/filter.ts';
import { type Content, type Html, html } from '../../components/html.ts';
import { entityLink, link } from '../../components/links.ts';
import type { Moment } from '../../components/times.ts';
import { type ConsolePorts, connectionNames, PAGE_ROWS, type Page, positionParam } from '../../page.ts';
import { shortId } from '../deliveries/delivery-table.ts';

interface Place {
  path: '/orders' | '/shipments' | '/records';
  title: string;
  kinds: readonly EntityKind[];
}

export const ENTITY_PLACES: readonly Place[] = [
  { path: '/orders', title: 'Orders', kinds: ['order'] },
  { path: '/shipments', title: 'Shipments', kinds: ['shipment'] },
  { path: '/records', title: 'Records', kinds: RECORD_KINDS },
];

/** Orders, shipments or records, most recently changed first. */
export const entitiesPage =
  (ports: ConsolePorts, { path, title, kinds }: Place): Page =>
  async (pageRequest) => {
    const kind = kinds.find((one) => one === pageRequest.param('kind')) ?? null;
    const selected = {
      connection: pageRequest.param('connection'),
      status: pageRequest.param('status'),
      text: pageRequest.param('number'),
    };
    const skip = positionParam(pageRequest, 'skip') ?? 0;
    const found = await searchEntities(
      ports.context.db.read,
      { kinds: kind ? [kind] : kinds, ...selected },
      { skip, limit: PAGE_ROWS + 1 },
    );
    const { text: number, ...others } = selected;
    const query = { ...others, number, kind };
    const isFiltered = Object.values(query).some((value) => value !== null);
    return {
      title,
      lead: html`<p>The current state as the ERP reads it, most recently changed first. Open one to see every change and its cause.</p>`,
      body: html`${filterForm(path, [
        { name: 'number', label: 'Number or external id', value: number },
        { name: 'status', label: 'Status', value: selected.status },
        { name: 'connection', label: 'Connection', value: selected.connection, choices: connectionNames(ports) },
        ...(kinds.length > 1 ? [{ name: 'kind', label: 'Kind', value: kind, choices: kinds }] : []),
      ])}
${entityTable(found.slice(0, PAGE_ROWS), kinds.length > 1, pageRequest, isFiltered ? html`No matches. <a href="${link('/search', { q: number })}">Search everything</a>: items, parties, documents and events too.` : emptyText(title))}
${pager(found.length > PAGE_ROWS ? link(path, { ...query, skip: skip + PAGE_ROWS }) : null, skip === 0 ? null : link(path, query))}`,
    };
  };

const emptyText = (title: string): Content =>
  html`<p>No ${title.toLowerCase()} yet. They arrive by webhook, or with the first reconcile run:</p><p>${command('npx orderdock reconcile CONNECTION')}</p>`;

const partyName = (party: FoundEntity['header']['buyer']): string => party?.name ?? party?.id ?? '–';

const entityTable = (entities: readonly FoundEntity[], withKind: boolean, moment: Moment, empty: Content): Html =>
  table(
    'Found',
    ['Number', ...(withKind ? ['Kind'] : []), 'Status', 'Buyer', 'Supplier', 'Connection', 'Version', 'Changed'],
    entities.map((one) => ({
      href: entityLink(one.id),
      id: one.id,
      cells: [
        html`<span class="whole" title="${one.externalId}">${one.header.number ?? shortId(one.externalId)}</span>${one.deletedAt === null ? '' : html` ${badge('deleted', 'bad')}`}`,
        ...(withKind ? [one.kind] : []),
        one.header.status ?? '–',
        html`<span class="clip">${partyName(one.header.buyer)}</span>`,
        html`<span class="clip">${partyName(one.header.supplier)}</span>`,
        html`<span class="faint whole">${one.connection}</span>`,
        one.version,
        time(one.updatedAt, moment),
      ],
    })),
    empty,
  );
