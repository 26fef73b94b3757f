import type { Difference } from '../../../../domain/entities/change.ts';
import type { Sql } from '../../../../store/engine/database.ts';
import { readNamesOf } from '../../../../store/entities/list-names.ts';
import type { ChangeRow } from '../../../../store/feed/change-row.ts';
import { type Progress, readProgress } from '../../../../store/feed/read-progress.ts';
import { isFor } from '../../../../views/history.ts';
import { badge, stateBadge, table, time, value } from '../../components/components.ts';
import { countText } from '../../components/format.ts';
import { type Content, type Html, html } from '../../components/html.ts';
import { causeLink, entityLink, link } from '../../components/links.ts';
import type { Moment } from '../../components/times.ts';
import { shortId } from '../deliveries/delivery-table.ts';

const MOST_SHOWN = 2;
const MOST_CHARACTERS = 24;

/** A list of changes, each with the number of the order, shipment or record that it changed. */
export async function changeList(sql: Sql, changes: readonly ChangeRow[], moment: Moment, empty: string, open = false): Promise<Html> {
  if (changes.length === 0) return html`<p class="empty">${empty}</p>`;
  return html`<ol class="changes">${await changeItems(sql, changes, moment, open)}</ol>`;
}

export async function changeItems(sql: Sql, changes: readonly ChangeRow[], moment: Moment, open = false): Promise<Html[]> {
  const names = await readNamesOf(
    sql,
    changes.map(({ entityId }) => entityId),
  );
  const progress = await readChangeProgress(sql, changes);
  return changes.map((change) =>
    changeItem(change, names.get(change.entityId)?.number ?? shortId(change.externalId), progress.get(change.position) ?? [], moment, open),
  );
}

/** One entry of the feed: what changed, in one row. Opening it fetches the cause and every difference. */
function changeItem(change: ChangeRow, number: string, progress: readonly Progress[], moment: Moment, open: boolean): Html {
  const address = link(`/changes/${change.position}`);
  return html`<li class="change" id="change-${change.position}"><details${open ? html` open` : ''}><summary hx-get="${address}/inside" hx-trigger="click once" hx-target="next .inside" hx-swap="innerHTML">${time(change.at, moment)} <span>${badge(change.action, change.action === 'deleted' ? 'bad' : 'plain')}</span> <span class="clip" title="${change.externalId}">${change.kind} <strong>${number}</strong></span> <span class="clip faint">${shortly(change)}</span> <span class="whole">${progressText(progress)}</span></summary>
<div class="inside" hx-morph-skip>${open ? insideOf(change, progress, moment) : html`<p><a href="${address}">What changed, and why</a></p>`}</div></details></li>`;
}

/** A change in a few words: its first differences, or the number of its lines. */
export function shortly({ action, lines, diff }: Pick<ChangeRow, 'action' | 'lines' | 'diff'>): string {
  const named: string[] = JSON.parse(lines);
  if (action !== 'updated') return named.length === 0 ? '' : `with ${countText(named.length, 'line')}`;
  const differences: Difference[] = JSON.parse(diff);
  const shown = differences.slice(0, MOST_SHOWN).map((one) => `${pathText(one.path)} ${valueText(one.before)} → ${valueText(one.after)}`);
  const rest = differences.slice(MOST_SHOWN).reduce((sum, { count = 1 }) => sum + count, 0);
  return `${shown.join(' · ')}${rest > 0 ? ` · ${rest} more` : ''}`;
}

/** `/lines/0010/quantity` is `line 0010 quantity`. */
const pathText = (path: string): string =>
  path
    .replace(/^\/lines\/([^/]*)\/?/, 'line $1 ')
    .replaceAll('/', ' ')
    .trim();

function valueText(content: unknown): string {
  if (content === null || content === undefined) return '(empty)';
  if (typeof content === 'object') return Array.isArray(content) ? countText(content.length, 'entry', 'entries') : '{…}';
  const text = String(content);
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text;
}

/** The cause of a change, its differences, and its progress in the ERP. */
export const insideOf = (
  change: ChangeRow,
  progress: readonly Progress[],
  moment: Moment,
): Html => html`<p>Because of <a href="${causeLink({ type: change.causeType, id: change.causeId })}">${causeText(change)}</a>.
<a href="${entityLink(change.entityId)}">Open the ${change.kind}</a> · version ${change.version} · ${change.connection} · <a href="${link(`/changes/${change.position}`)}">change ${change.position}</a></p>
${differences(JSON.parse(change.diff))}${progress.length === 0 ? '' : html`<p></p>${progressTable(progress, moment)}`}`;

/** The latest step of each consumer for the change. */
const progressText = (progress: readonly Progress[]): Content =>
  progress.map(({ consumer, status, reference, acknowledgedAt, readAt }) => {
    if (status === 'rejected') return html` ${badge(`${consumer}: rejected`, 'bad')}`;
    if (status === 'booked') return html` <span class="faint">${consumer}: booked${reference === null ? '' : ` as ${reference}`}</span>`;
    return html` <span class="faint">${consumer}: ${acknowledgedAt !== null ? 'acknowledged' : readAt !== null ? 'read' : 'not read yet'}</span>`;
  });

const progressTable = (progress: readonly Progress[], moment: Moment): Html =>
  table(
    'In the ERP',
    ['Consumer', 'Read', 'Acknowledged', 'Receipt', 'ERP reference', 'Reason'],
    progress.map(({ consumer, readAt, acknowledgedAt, status, reference, reason, receiptAt }) => ({
      cells: [
        consumer,
        time(readAt, moment),
        time(acknowledgedAt, moment),
        status === null ? html`<span class="faint">none yet</span>` : html`${stateBadge(status)} ${time(receiptAt, moment)}`,
        reference ?? '',
        reason ?? '',
      ],
    })),
    '',
  );

/** The progress of each change, by position, at the consumers whose filter it passes. */
export async function readChangeProgress(sql: Sql, changes: readonly ChangeRow[]): Promise<Map<string, Progress[]>> {
  const all = await readProgress(
    sql,
    changes.map(({ position }) => position),
  );
  const grouped = Map.groupBy(all, ({ position }) => position);
  return new Map(
    changes.map((change) => [change.position, (grouped.get(change.position) ?? []).filter(({ filter }) => isFor(filter, change))]),
  );
}

function causeText({ causeType, eventType }: ChangeRow): string {
  if (causeType === 'reconcile') return 'a reconcile run: no webhook had reported it';
  return `${causeType === 'replay' ? 'the replay of a delivery' : 'a delivery'}${eventType === null ? '' : ` (${eventType})`}`;
}

/** The fields that changed, with old and new values; the words that differ are marked. */
export const differences = (diff: readonly { path: string; before?: unknown; after?: unknown; count?: number }[]): Html =>
  table(
    'What changed',
    ['Field', 'Old', 'New'],
    diff.map(({ path, before, after, count }) => ({
      cells: [html`<code>${path}</code>`, ...(count === undefined ? marked(before, after) : ['', `and ${count} more`])],
    })),
    'No individual differences: the entity was created or deleted as a whole.',
  );

/** Two texts, with the part between their common prefix and suffix marked. */
function marked(before: unknown, after: unknown): [Content, Content] {
  if (typeof before !== 'string' || typeof after !== 'string') return [value(before), value(after)];
  const least = Math.min(before.length, after.length);
  let begin = 0;
  while (begin < least && before[begin] === after[begin]) begin++;
  let end = 0;
  while (end < least - begin && before.at(-1 - end) === after.at(-1 - end)) end++;
  // Whole words are marked.
  while (begin > 0 && /\w/.test(before[begin - 1] ?? '')) begin--;
  while (end > 0 && /\w/.test(before.at(-end) ?? '')) end--;
  const parts = (text: string) => [text.slice(0, begin), text.slice(begin, text.length - end), text.slice(text.length - end)] as const;
  const [[a, gone, b], [c, come, d]] = [parts(before), parts(after)];
  return [html`<code>${a}<del>${gone}</del>${b}</code>`, html`<code>${c}<ins>${come}</ins>${d}</code>`];
}
