import { isUtf8 } from 'node:buffer';
import { markNumbers, readMarked } from './json-numbers.ts';

/**
 * JSON without losses. `JSON.parse` turns `1.10` into `1.1` and rounds long numbers; amounts must stay digit for digit as they were
 * sent. A number that JavaScript would print differently is kept as `JSON.rawJSON`, which `JSON.stringify` writes back unchanged.
 */
export type Json = string | number | boolean | null | RawNumber | Json[] | JsonObject;
export interface JsonObject {
  [member: string]: Json | undefined;
}
export interface RawNumber {
  readonly rawJSON: string;
}

declare global {
  // Node 24 has them; TypeScript's library does not declare them yet (ECMA-262 proposal "JSON.parse source text access").
  interface JSON {
    rawJSON(text: string): RawNumber;
    isRawJSON(value: unknown): value is RawNumber;
  }
}

export const isRawNumber = (value: unknown): value is RawNumber => JSON.isRawJSON(value);

/** Parses JSON text, keeping every number digit for digit. Throws `SyntaxError` like `JSON.parse`. */
export function parseJson(text: string): Json {
  const marked = markNumbers(text);
  const document: Json = JSON.parse(marked);
  return marked === text ? document : restoreNumbers(document, createRawNumbers());
}

/** Changes lists and objects in place. */
function restoreNumbers(value: Json, rawNumber: (digits: string) => RawNumber): Json {
  if (typeof value === 'string') return readMarked(value, rawNumber);
  if (typeof value !== 'object' || value === null || isRawNumber(value)) return value;
  if (Array.isArray(value)) {
    for (const [at, item] of value.entries()) {
      const restored = restoreNumbers(item, rawNumber);
      if (restored !== item) value[at] = restored;
    }
    return value;
  }
  for (const name of Object.keys(value)) {
    const member = value[name];
    if (typeof member !== 'string' && typeof member !== 'object') continue;
    const restored = restoreNumbers(member, rawNumber);
    if (restored !== member) setMember(value, name, restored);
  }
  return value;
}

/** Sets a member, whatever its name: assigning to `__proto__` would set the object's prototype. */
export function setMember(members: JsonObject, name: string, value: Json | undefined): void {
  if (name === '__proto__') Object.defineProperty(members, name, { value, writable: true, enumerable: true, configurable: true });
  else members[name] = value;
}

/** A member of the object itself, whatever its name: reading `constructor` or `__proto__` would give what every object inherits. */
export function memberOf(object: JsonObject, name: string): Json | undefined {
  const value: unknown = object[name];
  // One look-up for nearly all: of what every object inherits, only `__proto__` is not a function, and JSON has no functions.
  if (name !== '__proto__' && typeof value !== 'function') return value as Json | undefined;
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

const MOST_REMEMBERED = 5000;

/** Equal numbers share one value: there may be millions of them. */
function createRawNumbers(): (digits: string) => RawNumber {
  const known = new Map<string, RawNumber>();
  return (digits) => {
    const before = known.get(digits);
    if (before) return before;
    const made = JSON.rawJSON(digits);
    if (known.size < MOST_REMEMBERED) known.set(digits, made);
    return made;
  };
}

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !isRawNumber(value);

const MANY_MEMBERS = 1000;

/** The object without one of its members. A large object is modified in place: copying a hundred thousand members takes as long as parsing them. */
export function withoutMember(object: JsonObject, name: string): JsonObject {
  if (Object.keys(object).length > MANY_MEMBERS) {
    delete object[name];
    return object;
  }
  const { [name]: _left, ...rest } = object;
  return rest;
}

/** The value as an object, or an empty one: for accessing members that may be missing. */
export const objectAt = (value: unknown): JsonObject => (isObject(value) ? value : {});

/** The value as an array: a missing value is empty, a single one becomes a list of one (XML does not distinguish them). */
export const listAt = (value: unknown): Json[] =>
  Array.isArray(value) ? value : value === undefined || value === null || value === '' ? [] : [value as Json];

/** A member as text; numbers and booleans are converted. Missing, null and empty values are `null`. */
export function textAt(value: unknown): string | null {
  if (typeof value === 'string') return value === '' ? null : value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return isRawNumber(value) ? value.rawJSON : null;
}

/** RFC 6901: the value a JSON pointer names, or undefined. */
export function atPointer(document: Json, pointer: string): Json | undefined {
  let value: Json | undefined = document;
  for (const token of pointer.split('/').slice(1)) {
    const key = token.replaceAll('~1', '/').replaceAll('~0', '~');
    if (Array.isArray(value)) value = value[Number(key)];
    else if (isObject(value) && Object.hasOwn(value, key)) value = value[key];
    else return undefined;
  }
  return value;
}

/** Text that is the same for equal documents, whatever the order of their members. */
export function canonicalText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value) ?? 'null';
  const members = Object.keys(value)
    .filter((key) => value[key] !== undefined)
    .sort();
  return `{${members.map((key) => `${JSON.stringify(key)}:${canonicalText(value[key])}`).join(',')}}`;
}

/**
 * Whether two bodies are the same document, JSON or XML, however they are formatted. The time of sending (a `timestamp` next to the
 * content) is ignored: some senders set it anew for every attempt. False for anything that cannot be parsed.
 */
export function sameDocument(one: Buffer, other: Buffer): boolean {
  try {
    // Other charsets are compared byte for byte: letters that are invalid in UTF-8 must not all count as equal.
    const [a, b] = [one, other].map((bytes) => settledText(bytes.toString(isUtf8(bytes) ? 'utf8' : 'latin1').trim()));
    return a === b;
  } catch {
    return false;
  }
}

function settledText(text: string): string {
  if (text.startsWith('<')) return text.replace(/>\s+</g, '><');
  const document = parseJson(text);
  return canonicalText(isObject(document) ? { ...document, timestamp: undefined } : document);
}
