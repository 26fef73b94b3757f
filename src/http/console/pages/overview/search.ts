import { type SearchHit, search } from '../../../../search/search.ts';
import { badge } from '../../components/components.ts';
import { countText } from '../../components/format.ts';
import { type Html, html } from '../../components/html.ts';
import { deliveryLink, entityLink, link } from '../../components/links.ts';
import { type ConsolePorts, connectionNames, type Page, type PageRequest } from '../../page.ts';

const MOST_WHILE_TYPING = 8;
const MOST_ON_PAGE = 50;
/** The minimum length for a search by parts of a text. */
const LEAST = 3;

const find = (ports: ConsolePorts, text: string, limit: number): Promise<SearchHit[]> =>
  search(ports.context.db.read, text, { connections: connectionNames(ports), limit });

/** Suggestions below the search box while the user types. */
export async function searchResults(ports: ConsolePorts, pageRequest: PageRequest): Promise<Html> {
  const text = pageRequest.param('q');
  if (text === null) return html``;
  const found = await find(ports, text, MOST_WHILE_TYPING);
  return found.length === 0
    ? html`<p class="faint">No matches.</p>`
    : html`${hitList(found)}<p><a href="${link('/search', { q: text })}">All matches</a></p>`;
}

export const searchPage =
  (ports: ConsolePorts): Page =>
  async (pageRequest) => {
    const text = pageRequest.param('q');
    const found = text === null ? [] : await find(ports, text, MOST_ON_PAGE);
    return {
      title: text === null ? 'Search' : `Search: ${text}`,
      refreshSeconds: null,
      lead: html`<p>${text === null ? 'Numbers, external ids, items, parties, documents, events and ERP references. Press / to search from any page.' : found.length === 0 ? (text.length < LEAST ? 'Type at least three characters; a complete number is found whatever its length.' : 'No matches. Try a part of the number, an item, a party or a document’s name.') : `${countText(found.length, 'match', 'matches')}, best first.`}</p>`,
      body: [...Map.groupBy(found, ({ kind }) => kind)].map(([kind, hits]) => html`<h2>${kind}</h2>${hitList(hits)}`),
    };
  };

const FIELDS: Readonly<Record<string, string>> = {
  externalId: 'external id',
  receipt: 'ERP reference',
  position: 'line',
  eventId: 'event id',
};

const hitList = (found: readonly SearchHit[]): Html =>
  html`<ul class="results">${found.map(
    ({ kind, id, title, connection, match }) =>
      html`<li><a href="${kind === 'delivery' ? deliveryLink(id) : entityLink(id)}">${badge(kind, 'plain')} <strong>${title}</strong> <span class="faint">${FIELDS[match.field] ?? match.field}: ${match.text} · ${connection}</span></a></li>`,
  )}</ul>`;
