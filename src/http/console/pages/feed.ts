import { ENTITY_KINDS } from '../../../domain/entity.ts';
import { type FeedFilter, readFeed, readNewest } from '../../../store/feed/read-changes.ts';
import { readPositions } from '../../../store/feed/read-positions.ts';
import { filterForm, older } from '../components.ts';
import { type Html, html } from '../html.ts';
import { link } from '../links.ts';
import { askedPosition, type ConsolePorts, connectionNames, PAGE_ROWS, type Page, type Visit } from '../page.ts';
import { changeItem } from './changes.ts';

interface Asked {
  kind: string | null;
  connection: string | null;
}

const askedOf = (visit: Visit): Asked => ({ kind: visit.asked('kind'), connection: visit.asked('connection') });
const filterOf = ({ kind, connection }: Asked): FeedFilter => ({
  kinds: kind === null ? null : [kind],
  connections: connection === null ? null : [connection],
});

/** Asks for what is newer than `after`, and is replaced by the next one with what comes. */
const poller = (asked: Asked, after: string): Html =>
  html`<li id="newer" class="poller" hx-get="${link('/feed/newer', { ...asked, after })}" hx-trigger="every 2s" hx-swap="outerHTML" aria-hidden="true"></li>`;

export const feedPage =
  (ports: ConsolePorts): Page =>
  async (visit) => {
    const asked = askedOf(visit);
    const before = askedPosition(visit);
    const found = await readNewest(ports.context.db.read, filterOf(asked), before === null ? null : String(before), PAGE_ROWS + 1);
    const rows = found.slice(0, PAGE_ROWS);
    const last = found.length > PAGE_ROWS ? (rows.at(-1)?.position ?? null) : null;
    return {
      title: 'Feed',
      lead: html`<p>Every change in the order in which the ERP reads them, newest first. ${before === null ? 'New ones appear on top by themselves.' : ''} Each says what was before, what is after, and why.</p>`,
      body: html`${filterForm('/feed', [
        { name: 'kind', label: 'Kind', value: asked.kind, choices: ENTITY_KINDS },
        { name: 'connection', label: 'Connection', value: asked.connection, choices: connectionNames(ports) },
      ])}
<ol class="changes" aria-live="polite">${before === null ? poller(asked, rows[0]?.position ?? '0') : ''}${rows.map((change) => changeItem(change, visit.now))}</ol>
${rows.length === 0 ? html`<p class="empty">No change yet.</p>` : ''}${older(last && link('/feed', { ...asked, before: last }))}`,
    };
  };

/** The piece that the poller is replaced by; null: nothing is newer. */
export async function newerChanges(ports: ConsolePorts, visit: Visit): Promise<Html | null> {
  const asked = askedOf(visit);
  const after = askedPosition(visit, 'after') ?? 0;
  const { latest } = await readPositions(ports.context.db.read, String(after));
  const found = await readFeed(ports.context.db.read, filterOf(asked), { after: String(after), upTo: latest.position, limit: PAGE_ROWS });
  const newest = found.at(-1);
  return newest ? html`${poller(asked, newest.position)}${found.toReversed().map((change) => changeItem(change, visit.now))}` : null;
}
