import { type JsonObject, textAt } from '../../../domain/values/json.ts';
import { codesOfKind, type OrishaKind } from '../events.ts';

/** Codes by their published (Pascal case) names. */
export type Codes = Readonly<Record<string, string>>;

/** A member whatever the casing of its name: `ItemCode`, `itemCode`. Which of them is sent is not published. */
export function memberOf(document: JsonObject, name: string): JsonObject[string] {
  if (Object.hasOwn(document, name)) return document[name];
  const found = Object.keys(document).find((key) => key.toLowerCase() === name.toLowerCase());
  return found === undefined ? undefined : document[found];
}

/** The codes that name a record of this kind; null when one is missing. */
export function readCodes(kind: OrishaKind, document: JsonObject): Codes | null {
  return collectCodes(kind, (name) => memberOf(document, name));
}

/** The same, from wherever `read` finds a code. */
export function collectCodes(kind: OrishaKind, read: (name: string) => unknown): Codes | null {
  const codes: Record<string, string> = {};
  for (const name of codesOfKind[kind]) {
    const code = textAt(read(name));
    if (code === null) return null;
    codes[name] = code;
  }
  return codes;
}

// A slash within a code would make `CustomerCode/Code` ambiguous; it is escaped, and nothing else is.
const escaped = (code: string): string => code.replaceAll('/', '%2F');
const unescaped = (code: string): string => code.replaceAll('%2F', '/');

/** `A100`, or `CustomerCode/Code` for what belongs to a customer. */
export function externalIdOf(kind: OrishaKind, codes: Codes): string {
  const parts = codesOfKind[kind].map((name) => codes[name] ?? '');
  return parts.length === 1 ? (parts[0] ?? '') : parts.map(escaped).join('/');
}

/** The codes an external id was made of. */
export function codesOfExternalId(kind: OrishaKind, externalId: string): Codes {
  const names = codesOfKind[kind];
  const parts = names.length === 1 ? [externalId] : externalId.split('/').map(unescaped);
  return Object.fromEntries(names.map((name, position) => [name, parts[position] ?? '']));
}

/** The code that is the record's own: the last one. */
export function ownCodeOf(kind: OrishaKind, externalId: string): string {
  const own = codesOfKind[kind].at(-1) ?? '';
  return codesOfExternalId(kind, externalId)[own] ?? externalId;
}
