import { type EntityKind, RECORD_KINDS } from '../../../domain/entity.ts';
import { type FoundEntity, searchEntities } from '../../../store/entities/search.ts';
import { badge, filterForm, older, table, time } from '../components.ts';
import { type Html, html } from '../html.ts';
import { connectionLink, entityLink, link } from '../links.ts';
import { askedPosition, type ConsolePorts, connectionNames, PAGE_ROWS, type Page } from '../page.ts';

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

/** Orders, shipments or records: what was changed last comes first. */
export const entitiesPage =
  (ports: ConsolePorts, { path, title, kinds }: Place): Page =>
  async (visit) => {
    const kind = kinds.find((one) => one === visit.asked('kind')) ?? null;
    const asked = { connection: visit.asked('connection'), status: visit.asked('status'), text: visit.asked('number') };
    const skip = askedPosition(visit, 'skip') ?? 0;
    const found = await searchEntities(ports.context.db.read, { kinds: kind ? [kind] : kinds, ...asked }, { skip, limit: PAGE_ROWS + 1 });
    const more = found.length > PAGE_ROWS ? skip + PAGE_ROWS : null;
    const { text: number, ...others } = asked;
    return {
      title,
      lead: html`<p>What is held now, as the ERP gets it. What changed last comes first; open one to see every change it went through, and why.</p>`,
      body: html`${filterForm(path, [
        { name: 'number', label: 'Number or external id', value: number },
        { name: 'status', label: 'Status', value: asked.status },
        { name: 'connection', label: 'Connection', value: asked.connection, choices: connectionNames(ports) },
        ...(kinds.length > 1 ? [{ name: 'kind', label: 'Kind', value: kind, choices: kinds }] : []),
      ])}
${entityTable(found.slice(0, PAGE_ROWS), kinds.length > 1, visit.now)}${older(more === null ? null : link(path, { ...others, number, kind, skip: more }))}`,
    };
  };

const entityTable = (entities: readonly FoundEntity[], withKind: boolean, now: Date): Html =>
  table(
    'Found',
    ['Number', ...(withKind ? ['Kind'] : []), 'Status', 'Buyer', 'Supplier', 'Connection', 'Version', 'Changed'],
    entities.map((one) => [
      html`<a href="${entityLink(one.id)}">${one.header.number ?? one.externalId}</a>${one.deletedAt === null ? '' : html` ${badge('deleted', 'bad')}`}`,
      ...(withKind ? [one.kind] : []),
      one.header.status ?? '–',
      one.header.buyer?.name ?? one.header.buyer?.id ?? '–',
      one.header.supplier?.name ?? one.header.supplier?.id ?? '–',
      html`<a href="${connectionLink(one.connection)}">${one.connection}</a>`,
      one.version,
      time(one.updatedAt, now),
    ]),
    'Nothing fits.',
  );
