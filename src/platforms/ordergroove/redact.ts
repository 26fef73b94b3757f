import { bodyText, jsonBytesLike } from '../../domain/values/body-text.ts';

const REDACTED = '[redacted]';

// `one_click_token` acts on behalf of the customer without a login. `token_id` is only a reference and stays.
const SECRET_MEMBER = /(?:token|password|secret)$/i;
const MAY_HOLD_SECRET = /token|password|secret/i;
const IN_ADDRESS = /(one_click_token(?:=|%3d))[^&"'\\\s<>#]+/gi;
const COLON = /\s*:\s*/y;
const NUMBER = /-?\d[\d.eE+-]*/y;

/** Redacts credentials in a body; one without any stays as sent, byte for byte. */
export function redactBody(body: Buffer, contentType: string | null): Buffer {
  const text = readableText(body, contentType);
  if (text === null) return Buffer.from(redactText(body.toString('latin1')), 'latin1');
  const redacted = redactText(text);
  return redacted === text ? body : jsonBytesLike(body, contentType, redacted);
}

/** Null if the bytes are invalid in their charset. They are stored anyway, and a credential among them is ASCII. */
function readableText(body: Buffer, contentType: string | null): string | null {
  try {
    return bodyText(body, contentType);
  } catch {
    return null;
  }
}

/** The same for JSON text, also inside strings that contain JSON (`extra_data`, `rejected_message`). */
export function redactText(text: string): string {
  if (!MAY_HOLD_SECRET.test(text)) return text;
  const kept: string[] = [];
  let copied = 0;
  const replace = (from: number, to: number, by: string): void => {
    kept.push(text.slice(copied, from), by);
    copied = to;
  };
  for (let at = text.indexOf('"'); at >= 0; ) {
    const end = stringEnd(text, at);
    const literal = text.slice(at, end);
    const valueAt = end + lengthOf(COLON, text, end);
    let next = end;
    if (valueAt === end) {
      const redacted = redactString(literal);
      if (redacted !== literal) replace(at, end, redacted);
    } else if (SECRET_MEMBER.test(decode(literal) ?? '')) {
      next = scalarEnd(text, valueAt);
      if (next > valueAt) replace(valueAt, next, `"${REDACTED}"`);
    }
    at = text.indexOf('"', next);
  }
  return kept.join('') + text.slice(copied);
}

/** The index after the string that starts at `at`: an even number of backslashes precedes its closing quote. */
function stringEnd(text: string, at: number): number {
  for (let quote = text.indexOf('"', at + 1); quote >= 0; quote = text.indexOf('"', quote + 1)) {
    let backslashes = 0;
    while (text[quote - 1 - backslashes] === '\\') backslashes += 1;
    if (backslashes % 2 === 0) return quote + 1;
  }
  return text.length;
}

/** The index after a string or number that starts at `at`; `at` itself for anything else, since objects and lists are traversed. */
const scalarEnd = (text: string, at: number): number => (text[at] === '"' ? stringEnd(text, at) : at + lengthOf(NUMBER, text, at));

function lengthOf(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0].length ?? 0;
}

function redactString(literal: string): string {
  if (!MAY_HOLD_SECRET.test(literal)) return literal;
  const inner = decode(literal);
  if (inner === null) return literal;
  const redacted = (/^\s*[[{"]/.test(inner) ? redactText(inner) : inner).replace(IN_ADDRESS, `$1${REDACTED}`);
  return redacted === inner ? literal : JSON.stringify(redacted);
}

function decode(literal: string): string | null {
  try {
    return JSON.parse(literal);
  } catch {
    return null;
  }
}
