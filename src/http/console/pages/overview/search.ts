import { search } from '../../../../search/search.ts';
import { badge } from '../../components.ts';
import { countText } from '../../format.ts';
import { type Html, html } from '../../html.ts';
import { deliveryLink, entityLink } from '../../links.ts';
import type { ConsolePorts, Page, Visit } from '../../page.ts';

interface Found {
  kind: string;
  title: string;
  note: string;
  href: string;
}

const MOST_WHILE_TYPING = 8;
const MOST_ON_PAGE = 50;

async function find(ports: ConsolePorts, text: string, limit: number): Promise<Found[]> {
  const { context } = ports;
  const connections = context.connections.list().map(({ name }) => name);
  const hits = await search(context.db.read, text, { connections, limit });
  return hits.map(({ kind, id, title, connection, match }) => ({
    kind,
    title,
    note: match.field === 'number' ? connection : `${connection} · ${match.text}`,
    href: kind === 'delivery' ? deliveryLink(id) : entityLink(id),
  }));
}

/** What is shown below the box while somebody types. */
export async function searchResults(ports: ConsolePorts, visit: Visit): Promise<Html> {
  const text = visit.asked('q');
  if (text === null) return html``;
  const found = await find(ports, text, MOST_WHILE_TYPING);
  return found.length === 0 ? html`<p class="faint">No matches.</p>` : list(found);
}

export const searchPage =
  (ports: ConsolePorts): Page =>
  async (visit) => {
    const text = visit.asked('q');
    const found = text === null ? [] : await find(ports, text, MOST_ON_PAGE);
    return {
      title: text === null ? 'Search' : `Search: ${text}`,
      refreshSeconds: null,
      lead: html`<p>${text === null ? 'Numbers, external ids, items, parties, documents and events. Press / to begin anywhere.' : found.length === 0 ? 'No matches. Try a part of the number, an item, a party or a document’s name.' : `${countText(found.length, 'match', 'matches')}, the best first.`}</p>`,
      body: list(found),
    };
  };

const list = (found: readonly Found[]): Html =>
  html`<ul class="results">${found.map(({ kind, title, note, href }) => html`<li><a href="${href}">${badge(kind, 'plain')} <strong>${title}</strong> <span class="faint">${note}</span></a></li>`)}</ul>`;
