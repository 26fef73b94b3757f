import { isObject, type Json, parseJson } from '../../../domain/values/json.ts';
import { type Html, html, textBetweenTags } from './html.ts';

const MOST_FOLDED = 12_000;
const MOST_SHOWN = 40_000;

/** A text as received: JSON as a foldable tree, anything else unchanged. `id` identifies it for the copy button. */
export function textView(text: string, id: string): Html {
  const parsed = parsedOf(text);
  const shown = parsed === undefined ? text : JSON.stringify(parsed, null, 2);
  const cut = shown.length > MOST_SHOWN;
  const body =
    parsed !== undefined && shown.length <= MOST_FOLDED
      ? html`<div class="json" id="${id}" tabindex="0">${node(parsed, '', true)}</div>`
      : html`<pre tabindex="0" id="${id}">${textBetweenTags(cut ? shown.slice(0, MOST_SHOWN) : shown)}</pre>`;
  return html`<div class="copied">${copyButton(id)}${body}</div>${cut ? html`<p class="faint">The first ${MOST_SHOWN.toLocaleString('en')} characters. The API returns all of it.</p>` : ''}`;
}

/** Hidden until its script shows it. */
export const copyButton = (id: string): Html => html`<button type="button" class="copy" data-copy="${id}" hidden>Copy</button>`;

function parsedOf(text: string): Json | undefined {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

/** Objects and lists are unfolded down to the second level. */
function node(value: Json, comma: string, open: boolean, name: Html | string = ''): Html {
  const entries = Array.isArray(value)
    ? value.map((item): [string, Json] => ['', item])
    : isObject(value)
      ? Object.entries(value).flatMap(([key, item]): [string, Json][] => (item === undefined ? [] : [[key, item]]))
      : null;
  if (entries === null) return html`<div>${name}${scalar(value)}${comma}</div>`;
  const [begin, end] = Array.isArray(value) ? ['[', ']'] : ['{', '}'];
  if (entries.length === 0) return html`<div>${name}${begin}${end}${comma}</div>`;
  const members = entries.map(([key, item], position) =>
    node(
      item,
      position < entries.length - 1 ? ',' : '',
      false,
      key === '' ? '' : html`<span class="key">${textBetweenTags(JSON.stringify(key))}</span>: `,
    ),
  );
  return html`<details${open || entries.length <= 12 ? html` open` : ''}><summary>${name}${begin}<span class="faint fold"> ${entries.length} ${end}${comma}</span></summary><div class="members">${members}</div><div>${end}${comma}</div></details>`;
}

const scalar = (value: Json): Html => textBetweenTags(JSON.stringify(value));
