import { countText, spanText } from './format.ts';
import { type Content, type Html, html, isNothing } from './html.ts';
import { link } from './links.ts';
import { exactTime, type Moment, shortTime } from './times.ts';

export type Tone = 'good' | 'watch' | 'bad' | 'plain';

export const badge = (word: string, tone: Tone): Html => html`<span class="badge ${tone}">${word}</span>`;

// Only abnormal states have a colour.
const STATE_TONES: Readonly<Record<string, Tone>> = {
  announced: 'watch',
  unproven: 'watch',
  warning: 'watch',
  retry: 'watch',
  rejected: 'bad',
  dead: 'bad',
  failed: 'bad',
  missing: 'bad',
  refused: 'bad',
  critical: 'bad',
};

const STATE_WORDS: Readonly<Record<string, string>> = { dead: 'failed', handled: 'dismissed', working: 'in progress', missing: 'failed' };

/** The word shown for a state. */
export const stateWord = (state: string): string => STATE_WORDS[state] ?? state;

export const stateBadge = (state: string): Html => badge(stateWord(state), STATE_TONES[state] ?? 'plain');

const DASH = html`<span class="faint">–</span>`;

/** A time in its shortest clear form; exact, with its age, on hover. */
export const time = (iso: string | null | undefined, moment: Moment): Html =>
  iso === null || iso === undefined
    ? DASH
    : html`<time datetime="${iso}" title="${exactTime(iso, moment.zone)} · ${ageText(iso, moment.now)}">${shortTime(iso, moment)}</time>`;

/** The same followed by its age, for places where the age matters more. */
export const timeAndAge = (iso: string | null | undefined, moment: Moment): Html =>
  iso === null || iso === undefined ? DASH : html`${time(iso, moment)} <span class="faint">${ageText(iso, moment.now)}</span>`;

export function ageText(iso: string, now: Date): string {
  const ms = now.getTime() - Date.parse(iso);
  return ms >= -1000 ? `${spanText(ms)} ago` : `in ${spanText(-ms)}`;
}

/** A row; with `href` the whole row is a link, and its first cell is the text of the link. */
export interface Row {
  href?: string;
  /** Identifies the row when the page refreshes itself. */
  id?: string;
  cells: readonly Content[];
}

/** A table that scrolls horizontally on a narrow screen; `empty` is shown if there are no rows. Columns of numbers are right-aligned. */
export function table(caption: string, heads: readonly string[], rows: readonly Row[], empty: Content): Html {
  if (rows.length === 0) return html`<div class="empty">${empty}</div>`;
  const numeric = heads.map((_head, column) => rows.every(({ cells }) => typeof cells[column] === 'number'));
  const kind = (column: number) => (numeric[column] ? html` class="number"` : '');
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table><caption class="unseen">${caption}</caption>
<thead><tr>${heads.map((head, column) => html`<th scope="col"${kind(column)}>${head === '' ? html`<span class="unseen">Actions</span>` : head}</th>`)}</tr></thead>
<tbody>${rows.map(
    ({ href, id, cells }) =>
      html`<tr${id === undefined ? '' : html` id="row-${id}"`}>${cells.map((cell, column) => html`<td${kind(column)}>${column === 0 && href !== undefined ? html`<a class="open" href="${href}">${cell}</a>` : cell}</td>`)}</tr>
`,
  )}</tbody></table></div>`;
}

/** A list of facts; empty ones are omitted. */
export const facts = (pairs: readonly (readonly [name: string, value: Content])[]): Html =>
  html`<dl class="facts">${pairs.filter(([, value]) => !isNothing(value)).map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;

export const section = (title: string, body: Content, id?: string): Html =>
  html`<section${id === undefined ? '' : html` id="${id}"`}><h2>${title}</h2>${body}</section>`;

/** A command to copy and run. */
export const command = (text: string): Html => html`<code class="command">${text}</code>`;

/** A button that performs an action: a separate form, so that it works without scripts. At most one `primary` button per page. */
export function action(options: {
  path: string;
  label: string;
  csrf: string;
  hidden?: Readonly<Record<string, string | null | undefined>>;
  look?: 'primary' | 'danger' | undefined;
}): Html {
  return html`<form class="action" method="post" action="${link(options.path)}"><input type="hidden" name="csrf" value="${options.csrf}">${hiddenMembers(options.hidden ?? {})}<button${options.look ? html` class="${options.look}"` : ''}>${options.label}</button></form>`;
}

export const hiddenMembers = (members: Readonly<Record<string, string | null | undefined>>): Html =>
  html`${Object.entries(members).map(([name, value]) => (value === null || value === undefined ? '' : html`<input type="hidden" name="${name}" value="${value}">`))}`;

export const button = (label: string, href: string): Html => html`<a class="button" href="${href}">${label}</a>`;

const MOST_INLINE = 60;

/** An object too large for the row: its size, and its content when opened. */
const folded = (content: object): Html =>
  html`<details><summary>${Array.isArray(content) ? countText(content.length, 'entry', 'entries') : countText(Object.keys(content).length, 'member')}</summary><pre tabindex="0">${JSON.stringify(content, null, 2).slice(0, 4000)}</pre></details>`;

/** A value of a change, short; objects as JSON. */
export const value = (content: unknown): Html => {
  if (content === null || content === undefined) return html`<span class="faint">(empty)</span>`;
  const text = typeof content === 'object' ? JSON.stringify(content) : String(content);
  if (typeof content === 'object' && text.length > MOST_INLINE) return folded(content);
  return html`<code>${text.length > 300 ? `${text.slice(0, 300)}…` : text}</code>`;
};

/** A short statement, coloured by its tone. */
export const note = (tone: Tone, content: Content): Html => html`<div class="note ${tone}">${content}</div>`;

/** Links to the first and the next page of a list. */
export const pager = (next: string | null, first: string | null): Html =>
  next === null && first === null
    ? html``
    : html`<p class="pager">${first === null ? '' : html`<a class="button" href="${first}">First page</a>`}${next === null ? '' : html` <a class="button" rel="next" href="${next}">Next page</a>`}</p>`;
