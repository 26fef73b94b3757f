import { listMissingDocuments } from '../../../store/documents/list-missing.ts';
import { action, filterForm, stateBadge, table, time } from '../components.ts';
import { countText } from '../format.ts';
import { html } from '../html.ts';
import { connectionLink, entityLink } from '../links.ts';
import { type ConsolePorts, connectionNames, type Page } from '../page.ts';
import { mayFetchAgain } from './entity.ts';

const MOST_SHOWN = 200;

/** Announced, but not held: the oldest first. */
export const documentsPage =
  (ports: ConsolePorts): Page =>
  async (visit) => {
    const connection = visit.asked('connection');
    const found = await listMissingDocuments(ports.context.db.read, { connection, limit: MOST_SHOWN });
    const givenUp = found.filter(({ state }) => mayFetchAgain(state)).length;
    const waiting = found.length - givenUp;
    return {
      title: 'Documents not held',
      lead: html`<p>${found.length === 0 ? 'Every document that was announced is held.' : `${countText(givenUp, 'document has', 'documents have')} been given up, ${waiting} ${waiting === 1 ? 'is' : 'are'} still being fetched. Mend the reason, then press “Fetch again”.`}</p>`,
      body: html`${filterForm('/documents', [{ name: 'connection', label: 'Connection', value: connection, choices: connectionNames(ports) }])}
${table(
  'Documents not held',
  ['Announced', 'Name', 'Belongs to', 'Connection', 'State', 'Tries', 'Reason', 'Next try', ''],
  found.map((one) => [
    time(one.announcedAt, visit.now),
    one.name,
    html`<a href="${entityLink(one.entityId)}">${one.kind} ${one.externalId}</a>`,
    html`<a href="${connectionLink(one.connection)}">${one.connection}</a>`,
    stateBadge(one.state),
    one.tries,
    one.error ?? '',
    one.state === 'announced' ? time(one.nextAttemptAt, visit.now) : '–',
    mayFetchAgain(one.state) && visit.may('operator')
      ? action({ path: `/documents/${encodeURIComponent(one.id)}/fetch`, label: 'Fetch again', csrf: visit.csrf })
      : '',
  ]),
  'None.',
)}`,
    };
  };
