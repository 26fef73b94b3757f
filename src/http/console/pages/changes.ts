import type { Difference } from '../../../domain/change.ts';
import type { ChangeRow } from '../../../store/feed/read-changes.ts';
import { badge, differences, type Tone, time } from '../components.ts';
import { type Html, html } from '../html.ts';
import { causeLink, entityLink } from '../links.ts';

const TONES: Readonly<Record<string, Tone>> = { created: 'good', updated: 'plain', deleted: 'bad' };

/** One entry of the feed: what changed, and why. `open`: with its differences in sight. */
export function changeItem(change: ChangeRow, now: Date, open = false): Html {
  const lines = JSON.parse(change.lines) as string[];
  return html`<li class="change"><details${open ? html` open` : ''}><summary>${badge(change.action, TONES[change.action] ?? 'plain')} <a href="${entityLink(change.entityId)}">${change.kind} ${change.externalId}</a>
<span class="faint">version ${change.version}${lines.length > 0 ? ` · line ${lines.slice(0, 8).join(', ')}${lines.length > 8 ? ' …' : ''}` : ''} · ${change.connection} ·</span> ${time(change.at, now)}</summary>
<p>Because of <a href="${causeLink({ type: change.causeType, id: change.causeId })}">${change.causeType === 'reconcile' ? 'a reconcile run: no webhook had reported it' : `${change.causeType === 'replay' ? 'the replay of a delivery' : 'a delivery'}${change.eventType === null ? '' : ` (${change.eventType})`}`}</a>. Cursor <code>${change.cursor}</code></p>
${differences(JSON.parse(change.diff) as Difference[])}</details></li>`;
}

export const changeList = (changes: readonly ChangeRow[], now: Date, empty: string, open = false): Html =>
  changes.length === 0
    ? html`<p class="empty">${empty}</p>`
    : html`<ol class="changes">${changes.map((change) => changeItem(change, now, open))}</ol>`;
