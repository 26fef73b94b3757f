import { eventName } from '../../../../domain/entities/drift.ts';
import { readSubject } from '../../../../domain/entities/entity.ts';
import type { DeliveryRow } from '../../../../store/deliveries/list.ts';
import { listDrift } from '../../../../store/drift/list.ts';
import type { Sql } from '../../../../store/engine/database.ts';
import { readNames } from '../../../../store/entities/list-names.ts';
import { badge, stateBadge, table, time } from '../../components/components.ts';
import { type Content, type Html, html } from '../../components/html.ts';
import { deliveryLink, entityLink } from '../../components/links.ts';
import type { Moment } from '../../components/times.ts';
import { plainError } from '../../trouble.ts';

const MOST_EVENTS = 500;
const NONE: ReadonlySet<string> = new Set();

/** The resource of a delivery, as people know it. */
export interface Resource {
  text: string;
  /** The external id if it differs. */
  title: string;
  href: string | null;
}

/** The resources of deliveries by their id. */
export async function readResources(sql: Sql, deliveries: readonly DeliveryRow[]): Promise<Map<string, Resource>> {
  const subjects = deliveries.flatMap(({ id, connection, subject }) => {
    const named = readSubject(subject);
    return named ? [{ id, connection, kind: named.kind, externalId: named.externalId }] : [];
  });
  const names = await readNames(sql, subjects);
  const keyOf = (one: { connection: string; kind: string; externalId: string }) => `${one.connection}\n${one.kind}\n${one.externalId}`;
  const known = new Map(names.map((name) => [keyOf(name), name]));
  return new Map(
    subjects.map((one) => {
      const name = known.get(keyOf(one));
      return [
        one.id,
        { text: `${one.kind} ${name?.number ?? shortId(one.externalId)}`, title: one.externalId, href: name ? entityLink(name.id) : null },
      ];
    }),
  );
}

/** Long ids differ at their end. */
export const shortId = (id: string): string => (id.length > 20 ? `…${id.slice(-12)}` : id);

export function resourceText(resource: Resource | undefined, subject: string | null): Content {
  if (resource === undefined) return subject === null ? html`<span class="faint">–</span>` : subject;
  return resource.href === null
    ? html`<span title="${resource.title}">${resource.text}</span>`
    : html`<a href="${resource.href}" title="${resource.title}">${resource.text}</a>`;
}

/** Rows link to their delivery. `select`: rows have checkboxes for a form around the table. */
export const deliveryTable = (
  deliveries: readonly DeliveryRow[],
  resources: ReadonlyMap<string, Resource>,
  moment: Moment,
  { select = false, empty = 'No matches.', unknown = NONE }: { select?: boolean; empty?: Content; unknown?: typeof NONE } = {},
): Html =>
  table(
    'Deliveries',
    ['Received', ...(select ? ['Select'] : []), 'Event', 'Resource', 'Connection', 'State', 'Error'],
    deliveries.map((one) => ({
      href: deliveryLink(one.id),
      id: one.id,
      cells: [
        time(one.receivedAt, moment),
        ...(select
          ? [html`<input type="checkbox" name="id" value="${one.id}" aria-label="Select the delivery received ${one.receivedAt}">`]
          : []),
        one.eventType === null
          ? html`<span class="faint">${one.subject === null ? 'not readable' : 'notification'}</span>`
          : html`<span class="clip" title="${one.eventType}">${one.eventType}</span>`,
        html`<span class="clip">${resourceText(resources.get(one.id), one.subject)}</span>`,
        html`<span class="clip faint">${one.connection}</span>`,
        html`<span class="whole">${isUnknownEvent(one, unknown) ? badge('unknown event', 'watch') : stateBadge(one.state)}${one.attempts.length > 1 ? html` <span class="faint">${one.attempts.length} attempts</span>` : ''}${one.duplicates > 0 ? html` <span class="faint" title="The same event arrived again">+${one.duplicates} duplicate${one.duplicates === 1 ? '' : 's'}</span>` : ''}${one.conflict ? html` ${badge('payload conflict', 'watch')}` : ''}</span>`,
        one.error === null ? '' : html`<span class="clip" title="${one.error}">${plainError(one.error)}</span>`,
      ],
    })),
    empty,
  );

/** The events of a connection (null: of all) that our description of its platform does not contain. */
export async function readUnknownEvents(sql: Sql, connection: string | null): Promise<ReadonlySet<string>> {
  const found = await listDrift(sql, { connection, kind: 'event' }, { after: null, limit: MOST_EVENTS });
  return new Set(found.map((one) => eventKey(one.connection, one.name)));
}

const eventKey = (connection: string, event: string): string => `${connection}\n${event}`;

/** Stored, but not applied. */
export const isUnknownEvent = ({ state, connection, eventType }: DeliveryRow, unknown: ReadonlySet<string>): boolean =>
  state === 'ignored' && eventType !== null && unknown.has(eventKey(connection, eventName(eventType)));
