import { InvalidBody } from '../errors.ts';

/**
 * More values than a document of 20 MB has in practice (one for each 20 bytes). Each takes some hundred bytes of memory once it is read,
 * whatever it takes in the text: `[],[],[],` of 20 MB would be gigabytes.
 */
const MOST_VALUES = 1_000_000;

/** Throws `InvalidBody` for a JSON or XML text of more than a million values. One pass over the bytes, in any charset that contains ASCII. */
export function checkDocumentSize(body: Buffer): void {
  if (body.length <= MOST_VALUES) return;
  const count = firstByte(body) === LESS_THAN ? countByte(body, LESS_THAN, MOST_VALUES) : countValues(body);
  if (count > MOST_VALUES) throw new InvalidBody(`The document has more than ${MOST_VALUES} values.`);
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LESS_THAN = 0x3c;
const COMMA = 0x2c;
const BRACKET = 0x5b;
const BRACE = 0x7b;

/** The first byte that begins a value: white space, zeros and byte order marks are skipped. */
function firstByte(body: Buffer): number | undefined {
  for (const byte of body) if (byte > 0x20 && byte < 0x80) return byte;
  return undefined;
}

/** Every value but the first follows a comma or opens an object or a list. */
function countValues(body: Buffer): number {
  let count = 1;
  for (let at = 0; at < body.length && count <= MOST_VALUES; at++) {
    const byte = body[at];
    if (byte === COMMA || byte === BRACKET || byte === BRACE) count++;
    else if (byte === QUOTE) at = endOfString(body, at);
  }
  return count;
}

function endOfString(body: Buffer, start: number): number {
  for (let from = start + 1; ; ) {
    const quote = body.indexOf(QUOTE, from);
    if (quote < 0) return body.length;
    let before = quote - 1;
    while (before >= from && body[before] === BACKSLASH) before--;
    if ((quote - 1 - before) % 2 === 0) return quote;
    from = quote + 1;
  }
}

function countByte(body: Buffer, byte: number, most: number): number {
  let count = 0;
  for (let at = body.indexOf(byte); at >= 0 && count <= most; at = body.indexOf(byte, at + 1)) count++;
  return count;
}
