import { spanText, timeText } from './format.ts';
import { type Content, type Html, html } from './html.ts';
import { link } from './links.ts';

export type Tone = 'good' | 'watch' | 'bad' | 'plain';

export const badge = (word: string, tone: Tone): Html => html`<span class="badge ${tone}">${word}</span>`;

const STATE_TONES: Readonly<Record<string, Tone>> = {
  done: 'good',
  stored: 'good',
  proven: 'good',
  closed: 'good',
  booked: 'good',
  pending: 'plain',
  working: 'plain',
  running: 'plain',
  ignored: 'plain',
  announced: 'watch',
  open: 'watch',
  unproven: 'watch',
  'half-open': 'watch',
  warning: 'watch',
  retry: 'watch',
  dead: 'bad',
  failed: 'bad',
  critical: 'bad',
};

export const stateBadge = (state: string): Html => badge(state, STATE_TONES[state] ?? 'plain');

/** A time with its age, so that nobody has to reckon at night. */
export const time = (iso: string | null, now: Date): Html =>
  iso === null
    ? html`<span class="faint">–</span>`
    : html`<time datetime="${iso}" title="${timeText(iso)}"><span>${timeText(iso)}</span> <span class="faint">${ageText(iso, now)}</span></time>`;

function ageText(iso: string, now: Date): string {
  const ms = now.getTime() - Date.parse(iso);
  return ms >= -1000 ? `${spanText(ms)} ago` : `in ${spanText(-ms)}`;
}

/** A table that scrolls by itself on a narrow screen; `empty` is said where there are no rows. */
export function table(caption: string, heads: readonly string[], rows: readonly (readonly Content[])[], empty: string): Html {
  if (rows.length === 0) return html`<p class="empty">${empty}</p>`;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table><caption class="unseen">${caption}</caption>
<thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead>
<tbody>${rows.map((row) => html`<tr>${row.map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody></table></div>`;
}

export const facts = (pairs: readonly (readonly [name: string, value: Content])[]): Html =>
  html`<dl class="facts">${pairs.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value ?? html`<span class="faint">–</span>`}</dd></div>`)}</dl>`;

export const section = (title: string, body: Content): Html => html`<section><h2>${title}</h2>${body}</section>`;

export interface Field {
  name: string;
  label: string;
  value: string | null;
  /** Choices; the empty one (`any`) is added. None: a text field. */
  choices?: readonly string[];
}

/** A filter that works with the keyboard alone and ends up in the address, so that it can be shared. */
export const filterForm = (
  path: string,
  fields: readonly Field[],
): Html => html`<form class="filter" method="get" action="${link(path)}" role="search">
${fields.map(({ name, label, value, choices }) => html`<label>${label} ${choices ? select(name, value, choices) : html`<input name="${name}" value="${value ?? ''}" autocomplete="off" spellcheck="false">`}</label>`)}
<button>Show</button></form>`;

const select = (name: string, value: string | null, choices: readonly string[]): Html =>
  html`<select name="${name}"><option value="">any</option>${choices.map((choice) => html`<option value="${choice}"${choice === value ? html` selected` : ''}>${choice}</option>`)}</select>`;

/** The way to older rows; nothing where there are none. */
export const older = (address: string | null): Html =>
  address === null ? html`` : html`<p class="pager"><a rel="next" href="${address}">Older ones</a></p>`;

/** A button that does something: a form of its own, so that it works without scripts. */
export function action(options: {
  path: string;
  label: string;
  csrf: string;
  hidden?: Readonly<Record<string, string | null>>;
  danger?: boolean;
}): Html {
  const hidden = Object.entries(options.hidden ?? {}).map(([name, value]) =>
    value === null ? '' : html`<input type="hidden" name="${name}" value="${value}">`,
  );
  return html`<form class="action" method="post" action="${link(options.path)}"><input type="hidden" name="csrf" value="${options.csrf}">${hidden}<button${options.danger ? html` class="danger"` : ''}>${options.label}</button></form>`;
}

/** A value of a change, short; objects as JSON. */
export const value = (content: unknown): Html => {
  if (content === null || content === undefined) return html`<span class="faint">nothing</span>`;
  const text = typeof content === 'object' ? JSON.stringify(content) : String(content);
  return html`<code>${text.length > 300 ? `${text.slice(0, 300)}…` : text}</code>`;
};

/** What changed, each with before and after. */
export const differences = (diff: readonly { path: string; before?: unknown; after?: unknown }[]): Html =>
  table(
    'What changed',
    ['Where', 'Before', 'After'],
    diff.map(({ path, before, after }) => [html`<code>${path}</code>`, value(before), value(after)]),
    'No single difference: the entity appeared or went as a whole.',
  );
