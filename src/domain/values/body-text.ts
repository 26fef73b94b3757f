import { InvalidBody, Refused } from '../errors.ts';

/**
 * Decodes a body to text. A byte order mark decides, then the `charset` of its `Content-Type`, then the encoding of its XML declaration
 * (RFC 7303, section 3); without any of them it is UTF-8. The mark itself is removed.
 * Throws `Refused` (415) for an unknown charset, `InvalidBody` for bytes that are invalid in it.
 */
export function bodyText(body: Buffer, contentType: string | null | undefined): string {
  const decoder = decoderFor(charsetOf(body, contentType));
  try {
    return decoder.decode(body);
  } catch (cause) {
    throw new InvalidBody(`The body is not valid ${decoder.encoding}`, { cause });
  }
}

function decoderFor(charset: string) {
  try {
    return new TextDecoder(charset, { fatal: true });
  } catch (cause) {
    throw new Refused(415, 'unsupported_charset', `The charset ${JSON.stringify(charset.slice(0, 40))} is unknown.`, { cause });
  }
}

/**
 * JSON text in the charset of `body`. Only Unicode can encode all characters: in other charsets, characters beyond ASCII are escaped, which
 * every JSON parser decodes.
 */
export function jsonBytesLike(body: Buffer, contentType: string | null | undefined, json: string): Buffer {
  const { encoding } = decoderFor(charsetOf(body, contentType));
  if (encoding === 'utf-8') return Buffer.from(json, 'utf8');
  if (encoding === 'utf-16le') return Buffer.from(`\uFEFF${json}`, 'utf16le');
  if (encoding === 'utf-16be') return Buffer.from(`\uFEFF${json}`, 'utf16le').swap16();
  return Buffer.from(json.replace(/[\u0080-\uffff]/g, escaped), 'latin1');
}

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

function charsetOf(body: Buffer, contentType: string | null | undefined): string {
  const marked = markedCharset(body);
  if (marked) return marked;
  const declared = contentType ? /;\s*charset\s*=\s*(?:"([^"]*)"|([^\s;]+))/i.exec(contentType) : null;
  const charset = (declared?.[1] ?? declared?.[2])?.trim();
  if (charset) return /^utf-?16$/i.test(charset) ? (utf16Order(body) ?? charset) : charset;
  return utf16Order(body) ?? xmlEncoding(body) ?? 'utf-8';
}

function markedCharset(body: Buffer): string | null {
  const [first, second, third] = body;
  if (first === 0xef && second === 0xbb && third === 0xbf) return 'utf-8';
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  return first === 0xfe && second === 0xff ? 'utf-16be' : null;
}

/** JSON and XML begin with an ASCII character: a zero byte next to it indicates UTF-16 without a mark. */
function utf16Order(body: Buffer): string | null {
  const [first, second] = body;
  if (first === 0 && second !== undefined && second !== 0) return 'utf-16be';
  return second === 0 && first !== undefined && first !== 0 ? 'utf-16le' : null;
}

const DECLARATION_BYTES = 200;

function xmlEncoding(body: Buffer): string | null {
  const start = body.toString('latin1', 0, DECLARATION_BYTES);
  const encoding = /^\s*<\?xml\s[^>]*?\bencoding\s*=\s*["']([^"'>]+)["']/.exec(start)?.[1]?.trim();
  // The declaration could be read as ASCII, so it is not in UTF-16 whatever it says (https://encoding.spec.whatwg.org, read November 2026).
  return encoding === undefined || /^utf-?16/i.test(encoding) ? null : encoding;
}
