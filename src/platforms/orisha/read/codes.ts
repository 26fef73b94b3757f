import { type JsonObject, textAt } from '../../../domain/values/json.ts';
import { codesOfKind, type OrishaKind } from '../events.ts';

/** Codes by their published (Pascal case) names. */
export type Codes = Readonly<Record<string, string>>;

/** A member in any casing of its name: `ItemCode`, `itemCode`. Which one is sent is unpublished. */
export function memberOf(document: JsonObject, name: string): JsonObject[string] {
  if (Object.hasOwn(document, name)) return document[name];
  const found = Object.keys(document).find((key) => key.toLowerCase() === name.toLowerCase());
  return found === undefined ? undefined : document[found];
}

/** The codes that identify a record of this kind; null if one is missing. */
export function readCodes(kind: OrishaKind, document: JsonObject): Codes | null {
  return collectCodes(kind, (name) => memberOf(document, name));
}

/** The same, with codes read by `read`. */
export function collectCodes(kind: OrishaKind, read: (name: string) => unknown): Codes | null {
  const codes: Record<string, string> = {};
  for (const name of codesOfKind[kind]) {
    const code = textAt(read(name));
    if (code === null) return null;
    codes[name] = code;
  }
  return codes;
}

// A slash in a code would make `CustomerCode/Code` ambiguous, so only slashes are escaped.
const escaped = (code: string): string => code.replaceAll('/', '%2F');
const unescaped = (code: string): string => code.replaceAll('%2F', '/');

/** `A100`, or `CustomerCode/Code` for records that belong to a customer. */
export function externalIdOf(kind: OrishaKind, codes: Codes): string {
  const parts = codesOfKind[kind].map((name) => codes[name] ?? '');
  return parts.length === 1 ? (parts[0] ?? '') : parts.map(escaped).join('/');
}

/** The codes in an external id. */
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
