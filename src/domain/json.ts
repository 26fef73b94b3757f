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

interface LosslessJson {
  parse(text: string, reviver: (key: string, value: unknown, context: { source?: string }) => unknown): unknown;
  rawJSON(text: string): RawNumber;
  isRawJSON(value: unknown): value is RawNumber;
}
// Node 24 has them; TypeScript's library does not describe them yet (ECMA-262 proposal "JSON.parse source text access").
const lossless = JSON as unknown as LosslessJson;

export const isRawNumber = (value: unknown): value is RawNumber => lossless.isRawJSON(value);

// Only a number that JavaScript may print differently needs the slow parse: sixteen digits and more, a zero at the end of its fraction,
// an exponent, less than a millionth, or -0. Texts begin with a quote, so hardly one is taken for a number; a mistaken one costs only time.
const mayLoseDigits = /(?:^|[[,:\s])-?(?:\d[\d.]{15}|\d+\.\d*0(?![\dZ])|0\.0{6}|\d[\d.]*[eE]|0(?=[\s,\]}]|$)(?<=-0))/;

/** Parses JSON text, keeping every number digit for digit. Throws `SyntaxError` like `JSON.parse`. */
export function parseJson(text: string): Json {
  if (!mayLoseDigits.test(text)) return JSON.parse(text) as Json;
  if (text.length >= LARGE && !text.includes(MARK)) return unmarked(JSON.parse(markNumbers(text)) as Json);
  return lossless.parse(text, (_key, value, context) =>
    typeof value === 'number' && context.source !== undefined && String(value) !== context.source
      ? lossless.rawJSON(context.source)
      : value,
  ) as Json;
}

// A parse with a reviver takes ten times the memory of its text (measured November 2026). In a large one the numbers in question are first
// written as texts with a mark before them, which a text of its own could only have in this spelling.
const LARGE = 1_000_000;
const MARK = '\\u0000';
const MARKED = '\0';
const TEXT_OR_NUMBER = /"[^"\\]*(?:\\[\s\S][^"\\]*)*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

const markNumbers = (text: string): string =>
  text.replace(TEXT_OR_NUMBER, (token) => (token.startsWith('"') || String(Number(token)) === token ? token : `"${MARK}${token}"`));

/** Changes the value in place. */
function unmarked(value: Json): Json {
  if (typeof value === 'string') return value.startsWith(MARKED) ? lossless.rawJSON(value.slice(MARKED.length)) : value;
  if (typeof value !== 'object' || value === null) return value;
  const members = value as { [name: string]: Json };
  for (const name of Object.keys(members)) {
    if (name.startsWith(MARKED)) throw new SyntaxError('A number stands where a name has to be');
    const member = members[name] as Json;
    const real = unmarked(member);
    if (real !== member) members[name] = real;
  }
  return value;
}

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !isRawNumber(value);

/** The value as an object, or an empty one: for walking into documents whose members may be missing. */
export const objectAt = (value: unknown): JsonObject => (isObject(value) ? value : {});

/** The value as an array: a missing one is empty, a single one is a list of one (XML cannot tell them apart). */
export const listAt = (value: unknown): Json[] =>
  Array.isArray(value) ? value : value === undefined || value === null || value === '' ? [] : [value as Json];

/** A text member; numbers and booleans are read as their text. Missing, null and empty text are `null`. */
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

/** A text that is equal for documents that are equal, whatever the order of their members. */
export function canonicalText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value) ?? 'null';
  const members = Object.keys(value)
    .filter((key) => value[key] !== undefined)
    .sort();
  return `{${members.map((key) => `${JSON.stringify(key)}:${canonicalText(value[key])}`).join(',')}}`;
}

/**
 * Whether two bodies are the same document, JSON or XML, however it is written. When the message was sent (a `timestamp` beside the content) is
 * not part of it: some senders write it anew with every attempt. False for what cannot be read.
 */
export function sameDocument(one: Buffer, other: Buffer): boolean {
  try {
    const [a, b] = [one, other].map((bytes) => settledText(bytes.toString('utf8').trim()));
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
