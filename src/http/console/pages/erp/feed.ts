import { ENTITY_KINDS } from '../../../../domain/entities/entity.ts';
import { Refused } from '../../../../domain/errors.ts';
import type { ChangeRow } from '../../../../store/feed/change-row.ts';
import { type FeedFilter, readFeed, readNewest } from '../../../../store/feed/read-changes.ts';
import { readPositions } from '../../../../store/feed/read-positions.ts';
import { command, pager } from '../../components/components.ts';
import { filterForm } from '../../components/filter.ts';
import { type Html, html } from '../../components/html.ts';
import { link } from '../../components/links.ts';
import { timeField, timeParam } from '../../criteria.ts';
import { type ConsolePorts, connectionNames, PAGE_ROWS, type Page, type PageRequest, positionParam } from '../../page.ts';
import { changeItems, changeList, insideOf, readChangeProgress } from '../orders/changes.ts';

interface FeedParams {
  kind: string | null;
  connection: string | null;
}

const feedParams = (pageRequest: PageRequest): FeedParams => ({
  kind: pageRequest.param('kind'),
  connection: pageRequest.param('connection'),
});
const filterOf = ({ kind, connection }: FeedParams): FeedFilter => ({
  kinds: kind === null ? null : [kind],
  connections: connection === null ? null : [connection],
});

/** Polls for entries newer than `after`; the response replaces it with the entries and the next poller. */
const poller = (params: FeedParams, after: string): Html =>
  html`<li id="newer" class="unseen" hx-get="${link('/feed/newer', { ...params, after })}" hx-trigger="every 2s" hx-swap="outerHTML" aria-hidden="true"></li>`;

export const feedPage =
  (ports: ConsolePorts): Page =>
  async (pageRequest) => {
    const sql = ports.context.db.read;
    const params = feedParams(pageRequest);
    const before = positionParam(pageRequest);
    const until = timeParam(pageRequest, 'until');
    const found = await readNewest(sql, filterOf(params), before === null ? null : String(before), PAGE_ROWS + 1, until);
    const rows = found.slice(0, PAGE_ROWS);
    const last = found.length > PAGE_ROWS ? (rows.at(-1)?.position ?? null) : null;
    const live = before === null && until === null;
    const query = { ...params, until: pageRequest.param('until') };
    return {
      title: 'Feed',
      // New entries are polled for and appear at the top.
      refreshSeconds: null,
      lead: html`<p>Every change in feed order, newest first. ${until !== null ? html`Shown as of the time below: consumers had seen nothing else by then.` : live ? 'New entries appear at the top automatically.' : ''}</p>`,
      body: html`${filterForm('/feed', [
        { name: 'kind', label: 'Kind', value: params.kind, choices: ENTITY_KINDS },
        { name: 'connection', label: 'Connection', value: params.connection, choices: connectionNames(ports) },
        { name: 'until', label: `As it stood at (${pageRequest.zone})`, value: timeField(pageRequest, 'until'), type: 'datetime-local' },
      ])}
${rows.length === 0 && !live ? html`<div class="empty">No matches. Try a later time, or clear the filter.</div>` : html`<ol class="changes" aria-live="polite">${live ? poller(params, rows[0]?.position ?? '0') : ''}${await changeItems(sql, rows, pageRequest)}</ol>`}
${rows.length === 0 && live ? html`<div class="empty"><p>No change yet. The ERP reads them here:</p><p>${command('curl -H "Authorization: Bearer $KEY" $URL/api/v1/changes')}</p></div>` : ''}${pager(last && link('/feed', { ...query, before: last }), before === null ? null : link('/feed', query))}`,
    };
  };

/** The fragment that replaces the poller; null: there are no newer entries. */
export async function newerChanges(ports: ConsolePorts, pageRequest: PageRequest): Promise<Html | null> {
  const params = feedParams(pageRequest);
  const after = positionParam(pageRequest, 'after') ?? 0;
  const { latest } = await readPositions(ports.context.db.read, String(after));
  const found = await readFeed(ports.context.db.read, filterOf(params), { after: String(after), upTo: latest.position, limit: PAGE_ROWS });
  const newest = found.at(-1);
  return newest
    ? html`${poller(params, newest.position)}${await changeItems(ports.context.db.read, found.toReversed(), pageRequest)}`
    : null;
}

export async function namedChange(ports: ConsolePorts, pageRequest: PageRequest): Promise<ChangeRow> {
  const position = pageRequest.segment('position');
  const span = { after: String(Number(position) - 1), upTo: position, limit: 1 };
  const everything = { kinds: null, connections: null };
  const [change] = /^[1-9]\d{0,14}$/.test(position) ? await readFeed(ports.context.db.read, everything, span) : [];
  if (!change) throw new Refused(404, 'not_found', 'The feed has no entry at this position.');
  return change;
}

/** One entry of the feed. */
export const changePage =
  (ports: ConsolePorts): Page =>
  async (pageRequest) => {
    const change = await namedChange(ports, pageRequest);
    return {
      title: `Change ${change.position}`,
      refreshSeconds: null,
      lead: html`<p>One entry of the feed, as sent to every consumer.</p>`,
      body: html`${await changeList(ports.context.db.read, [change], pageRequest, '', true)}`,
    };
  };

/** What an entry shows when it is opened in a list. */
export async function insideOfNamed(ports: ConsolePorts, pageRequest: PageRequest): Promise<Html> {
  const change = await namedChange(ports, pageRequest);
  const progress = await readChangeProgress(ports.context.db.read, [change]);
  return insideOf(change, progress.get(change.position) ?? [], pageRequest);
}
