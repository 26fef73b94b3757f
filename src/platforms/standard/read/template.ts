import type { Message } from '../../signature.ts';

const PLACEHOLDER = /\{([^{}]*)\}/g;
const KNOWN = /^(?:body|timestamp|id|url|secret|header:[A-Za-z0-9-]+|pointer:\/.*)$/;

const MEMBER = /\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

/** Any other plain name is a member of the body: `{eventId}` is `{pointer:/eventId}`. */
export const spelledOut = (template: string): string =>
  template.replaceAll(MEMBER, (whole, name: string) => (KNOWN.test(name) ? whole : `{pointer:/${name}}`));

/** The names in braces that are not known. */
export const unknownPlaceholders = (template: string): string[] => placeholdersOf(template).filter((name) => !KNOWN.test(name));

export const placeholdersOf = (template: string): string[] => [...template.matchAll(PLACEHOLDER)].map((match) => match[1] ?? '');

/** The message that a template describes; null if the request lacks a part. `{body}` stays exactly the bytes that were sent. */
export function renderTemplate(template: string, part: (name: string) => string | Buffer | null): Message | null {
  const message: (string | Buffer)[] = [];
  let copied = 0;
  for (const match of template.matchAll(PLACEHOLDER)) {
    const value = part(match[1] ?? '');
    if (value === null) return null;
    message.push(template.slice(copied, match.index), value);
    copied = match.index + match[0].length;
  }
  return [...message, template.slice(copied)];
}
