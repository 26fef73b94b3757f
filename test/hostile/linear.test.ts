import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { findDrift, membersOf } from '../../src/domain/entities/drift.ts';
import { bodyText } from '../../src/domain/values/body-text.ts';
import { decimalText, sumDecimals } from '../../src/domain/values/decimal.ts';
import { displayName } from '../../src/domain/values/file-name.ts';
import { canonicalText, parseJson, sameDocument } from '../../src/domain/values/json.ts';
import { readTime } from '../../src/domain/values/time.ts';
import { readCredentials } from '../../src/http/auth/credentials.ts';
import { formatOf } from '../../src/http/webhooks/body.ts';
import { readTarget } from '../../src/http/webhooks/routes.ts';
import { describeCredential } from '../../src/intake/describe-credential.ts';
import type { Connection } from '../../src/platforms/contract/platform.ts';
import { PLATFORMS } from '../../src/platforms/registry.ts';
import { signatureValues } from '../../src/platforms/signature.ts';
import { parseTxml } from '../../src/platforms/tradecloud/read/txml.ts';
import { shapes } from '../../src/platforms/tradecloud/shapes.ts';

const SMALL = 16_384;
const MEDIUM = 131_072;
const LARGE = 1_048_576;
// Such short times say nothing about growth, on a machine with other load.
const MUCH_MS = 500;
// From one size to the next: linear is 8, more with garbage collections; quadratic is 64.
const MOST_GROWTH = 30;

const settingsOf: Readonly<Record<string, object>> = {
  tradecloud: { webhook: { auth: [] } },
  ordermentum: { webhook: { auth: [] } },
  orisha: { webhook: { secret: 's' } },
  ordergroove: { webhook: { verificationKey: 'k' } },
  standard: { preset: 'ecwid', webhook: { signature: { secret: 's' } } },
};

const request = (body: Buffer, contentType: string) => ({
  ...{ method: 'POST' as const, path: '', params: {}, query: {}, url: '', receivedAt: new Date(0), remoteAddress: '' },
  ...{ headers: { 'content-type': contentType, 'x-event-type': 'item.updated' }, body },
  format: contentType.endsWith('xml') ? ('xml' as const) : ('json' as const),
});

/** All parsers of external input, by name. */
const PARSERS: Readonly<Record<string, (text: string, bytes: Buffer) => unknown>> = {
  parseJson: (text) => parseJson(text),
  canonicalText: (text) => canonicalText([text, text]),
  sameDocument: (_text, bytes) => sameDocument(bytes, bytes),
  bodyText: (_text, bytes) => bodyText(bytes, `application/xml`),
  decimalText: (text) => sumDecimals([decimalText(text), decimalText(`1${text}`)]),
  displayName: (text) => displayName(text),
  readTime: (text) => readTime(text),
  findDrift: (text) =>
    findDrift({ [text]: text, known: text, list: [...text].slice(0, 50_000) }, membersOf({ known: ['a'], list: { list: ['b'] } })),
  parseTxml: (text) => parseTxml(text, shapes.OrderWebhookBody),
  'an element of tXML': (text) => parseTxml(`<order><line>${text}</line></order>`, shapes.OrderWebhookBody),
  signatureValues: (text) => [signatureValues(text, ''), signatureValues(text, 'v1,'), signatureValues(text, 'sha256=')],
  readCredentials: (text) => [readCredentials(text), readCredentials(`Basic ${text}`)],
  formatOf: (text, bytes) => [formatOf(text, bytes), formatOf(undefined, bytes)],
  readTarget: (text) => readTarget(`/${text}`),
  describeCredential: (text) =>
    describeCredential({ platform: { secretHeaders: () => ['a'] }, settings: {} } as unknown as Connection, {
      authorization: `Basic ${text}`,
      a: text,
    }),
  ...Object.fromEntries(
    PLATFORMS.flatMap((platform) =>
      (platform.name === 'tradecloud' ? ['application/json', 'application/xml'] : ['application/json']).map((type) => [
        `${platform.name}, ${type}`,
        (_text: string, bytes: Buffer) => {
          const settings = platform.settings.parse(settingsOf[platform.name]);
          platform.redactBody?.(bytes, type);
          attempt(() => platform.identify(request(bytes, type), settings));
          const stored = {
            ...request(bytes, type),
            contentType: type,
            eventType: 'item.updated',
            eventId: null,
            subject: null,
            receivedAt: '2026-01-01T00:00:00.000Z',
          };
          attempt(() => platform.interpret(stored, settings));
        },
      ]),
    ),
  ),
};

function attempt(work: () => unknown): void {
  try {
    work();
  } catch {
    // A rejection is a valid result: only its time counts here.
  }
}

/** Milliseconds of processor time, so that other load is not counted. */
function timeOf(parse: (text: string, bytes: Buffer) => unknown, text: string): number {
  const bytes = Buffer.from(text);
  const began = process.threadCpuUsage();
  attempt(() => parse(text, bytes));
  const { user, system } = process.threadCpuUsage(began);
  return (user + system) / 1000;
}

/** `start`, then `unit` repeated up to `size`, then `end`. */
const grown = ({ start, unit, end }: { start: string; unit: string; end: string }, size: number): string =>
  start + unit.repeat(Math.ceil(size / unit.length)) + end;

const ALPHABET = [
  '"',
  '\\',
  '\\u0000',
  '[',
  ']',
  '{',
  '}',
  ':',
  ',',
  '.',
  '-',
  '+',
  'e',
  '0',
  '1',
  '9',
  ' ',
  '\n',
  '<',
  '>',
  '/',
  '&',
  ';',
  '=',
  "'",
  '!',
  '?',
  '#',
  'a',
  'line',
  '<line>',
  '</line>',
  '<!--',
  '-->',
  '<![CDATA[',
  ']]>',
  'v1,',
  'sha256=',
  '%',
  '\u202e',
];
const piece = (min: number, max: number) =>
  fc.array(fc.constantFrom(...ALPHABET), { minLength: min, maxLength: max }).map((parts) => parts.join(''));
const pattern = fc.record({
  start: fc.oneof(fc.constantFrom('', '"', '[', '{"a":', '<o>', '<o a="', '<o><!--', '{"a":"', 'Basic '), piece(0, 3)),
  unit: piece(1, 3),
  end: piece(0, 3),
});

/** Units that have made some parser quadratic, here or elsewhere: each of them is tried with every parser. */
const NOTORIOUS = [
  ...['1', '1.', '9e', '. ', '[', '{"a":', '"', '\\"', '\\u0000', ' '].map((unit) => ({ start: '', unit, end: 'x' })),
  ...['\\"', '\\\\', '1.10,'].map((unit) => ({ start: '[1.10,"', unit, end: '' })),
  ...['. ', ' ', '-'].map((unit) => ({ start: 'a', unit, end: 'x' })),
  ...['<line>', '<a>', '&amp;', '<!--', '<![CDATA[', '> '].map((unit) => ({ start: '<o>', unit, end: '' })),
  ...["a='", 'a="b" '].map((unit) => ({ start: '<o ', unit, end: '>' })),
];

for (const [name, parse] of Object.entries(PARSERS)) {
  test(`the time of ${name} grows linearly with its input`, () => {
    attempt(() => parse('{"a":[1.10,"x"]}', Buffer.from('{"a":[1.10,"x"]}')));
    fc.assert(
      fc.property(pattern, (shape) => {
        let before = MUCH_MS;
        for (const size of [SMALL, MEDIUM, LARGE]) {
          const text = grown(shape, size);
          let tookMs = timeOf(parse, text);
          // A second and a third measurement if the first one was slow: the machine may have been busy.
          for (let again = 0; again < 2 && tookMs > before * 8; again++) tookMs = Math.min(tookMs, timeOf(parse, text));
          assert.ok(
            tookMs <= Math.max(MUCH_MS, before * MOST_GROWTH),
            `${JSON.stringify(shape)}: ${Math.round(tookMs)} ms for ${size}, ${Math.round(before)} ms for an eighth`,
          );
          before = tookMs;
        }
      }),
      { numRuns: NOTORIOUS.length + 4, examples: NOTORIOUS.map((shape) => [shape]), seed: 20261126, endOnFailure: true },
    );
  });
}
