/** Markup that is safe to send. */
export class Html {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** The values allowed in a template: text is escaped, markup is not, lists are joined; null, undefined and false are omitted. */
export type Content = Html | string | number | boolean | null | undefined | readonly Content[];

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

export const escapeText = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => ESCAPES[character] ?? '');

/** Text between tags, never for attributes: quotes are not escaped, which keeps JSON small. */
export const textBetweenTags = (text: string): Html => new Html(text.replaceAll(/[&<>]/g, (character) => ESCAPES[character] ?? ''));

function textOf(content: Content): string {
  if (content === null || content === undefined || content === false || content === true) return '';
  if (content instanceof Html) return content.text;
  if (typeof content === 'string' || typeof content === 'number') return escapeText(String(content));
  return content.map(textOf).join('');
}

/** Whether anything would be shown. */
export const isNothing = (content: Content): boolean => textOf(content) === '';

/** Markup whose inserted values are escaped. Attribute values must be in double quotes. */
export const html = (strings: TemplateStringsArray, ...values: readonly Content[]): Html =>
  new Html(strings.map((part, position) => (position === 0 ? part : textOf(values[position - 1]) + part)).join(''));
