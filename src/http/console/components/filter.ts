import { type Content, type Html, html } from './html.ts';
import { link } from './links.ts';

export interface Field {
  name: string;
  label: string;
  value: string | null;
  /** Choices; an empty one (`any`) is added. Absent: a text field. */
  choices?: readonly string[];
  /** The type of a text field; default: text. */
  type?: 'datetime-local';
  /** The words shown for the choices if they differ. */
  word?: (choice: string) => string;
}

/** A filter that works with only the keyboard and is part of the URL, so that it can be shared. Typed text survives a refresh. */
export const filterForm = (
  path: string,
  fields: readonly Field[],
  more: Content = null,
): Html => html`<form class="filter" method="get" action="${link(path)}" role="search" aria-label="Filter" hx-morph-skip>
${fields.map((field) => html`<label>${field.label} ${field.choices ? select(field, field.choices) : input(field)}</label>`)}
${more}<button>Filter</button>${fields.some((field) => field.value !== null) ? html`<a class="clear" href="${link(path)}">Clear</a>` : ''}</form>`;

const input = ({ name, value, type }: Field): Html =>
  html`<input type="${type ?? 'text'}" name="${name}" value="${value ?? ''}" autocomplete="off" spellcheck="false">`;

const select = ({ name, value, word }: Field, choices: readonly string[]): Html =>
  html`<select name="${name}"><option value="">any</option>${choices.map((choice) => html`<option value="${choice}"${choice === value ? html` selected` : ''}>${word?.(choice) ?? choice}</option>`)}</select>`;
