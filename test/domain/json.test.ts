import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { decimalText } from '../../src/domain/values/decimal.ts';
import { type Json, objectAt, parseJson, sameDocument } from '../../src/domain/values/json.ts';

const DIGITS = [
  '0',
  '-0',
  '10',
  '1.10',
  '1.0',
  '0.10',
  '-2.50',
  '123456789.123456789',
  '1234567890.12345678',
  '12345678901234567',
  '0.0000001',
  '0.000001',
  '1e3',
  '1.5E-7',
  '100000000000000000000000',
  '0.1234567890123456789',
];
for (const digits of DIGITS) {
  test(`the number ${digits} is written back unchanged, wherever it is`, () => {
    for (const text of [`{"a":${digits}}`, `[${digits}]`, `[1,${digits},2]`, `{"a": ${digits} }`, `[\n${digits}\n]`, digits]) {
      assert.equal(JSON.stringify(parseJson(text)), text.replaceAll(/[ \n]/g, ''));
    }
  });
}

test('any number keeps its digits', () => {
  const digits = fc.stringMatching(/^-?(0|[1-9]\d{0,24})(\.\d{1,24})?([eE][+-]?\d{1,2})?$/);
  fc.assert(
    fc.property(digits, fc.constantFrom('', ' '), (number, space) => {
      assert.equal(JSON.stringify(parseJson(`{"a":${space}${number}${space}}`)), `{"a":${number}}`);
      const value = objectAt(parseJson(`{"a":${number}}`)).a;
      if (!/e/i.test(number)) assert.equal(decimalText(value), number);
    }),
    { numRuns: 2000, seed: 20260301 },
  );
});

test('any document is parsed as by JSON.parse', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      const plain = JSON.stringify(JSON.parse(text));
      assert.deepEqual(JSON.parse(JSON.stringify(parseJson(text) as Json)), JSON.parse(plain));
    }),
    { numRuns: 500, seed: 20260301 },
  );
});

test('two documents are equal however they are written, and different if one digit differs', () => {
  const same = (one: string, other: string) => sameDocument(Buffer.from(one), Buffer.from(other));
  assert.equal(same('{"a":1.10,"b":[{"c":null}]}', '{ "b": [ {"c":null} ],\n "a":1.10 }\n'), true);
  assert.equal(same('{"a":1.10}', '{"a":1.1}'), false);
  assert.equal(same('{"a":[1,2]}', '{"a":[2,1]}'), false);
  assert.equal(same('{"timestamp":"10:00","data":{"id":1}}', '{"data":{"id":1},"timestamp":"10:01"}'), true);
  assert.equal(same('{"data":{"timestamp":1}}', '{"data":{"timestamp":2}}'), false);
  assert.equal(same('<a><b>1</b></a>', '<a>\n  <b>1</b>\n</a>\n'), true);
  assert.equal(same('<a><b>1</b></a>', '<a><b>1 </b></a>'), false);
  assert.equal(same('{', '{'), false, 'what cannot be read is compared by its bytes, elsewhere');
});

/** Node's own slow method: the reviver receives the digits. */
const byReviver = (text: string): unknown =>
  (JSON.parse as (text: string, reviver: (key: string, value: unknown, context: { source?: string }) => unknown) => unknown)(
    text,
    (_key, value, { source }) =>
      typeof value === 'number' && source !== undefined && String(value) !== source
        ? (JSON as unknown as { rawJSON(digits: string): unknown }).rawJSON(source)
        : value,
  );

const PADDING = ' '.repeat(1_000_000);

test('a large text is parsed like a small one', () => {
  const numbers = ['1.10', '-0', '0', '1e5', '1E+400', '0.0000001', '12345678901234567890.123', '-1.0', '10', '1.5'];
  const anyNumber = fc.constantFrom(...numbers);
  const anyName = fc.oneof(fc.string(), fc.constantFrom('1.10', '"1.10"', '\\', 'a\\"1.0', '1.0,', '製1.10', '\0n1.10', '__proto__'));
  // Not as a name: V8 itself (Node 24.21) confuses a lone surrogate there with other names.
  const anyText = fc.oneof(anyName, fc.constantFrom('\ud800', '\0t', '\0'));
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      anyNumber,
      anyText.map((text) => JSON.stringify(text)),
      fc.constantFrom('true', 'null'),
      tie('list'),
      tie('object'),
    ),
    list: fc.array(tie('value') as fc.Arbitrary<string>).map((entries) => `[${entries.join(' ,')}]`),
    object: fc
      .array(fc.tuple(anyName, tie('value') as fc.Arbitrary<string>))
      .map((members) => `{${members.map(([name, member]) => `${JSON.stringify(name)}: ${member}`).join(',\n')}}`),
  }));
  fc.assert(
    fc.property(value as fc.Arbitrary<string>, (text) => {
      const [small, large] = [`[1.0,${text}]`, `[1.0,${text}${PADDING}]`];
      assert.equal(JSON.stringify(parseJson(large)), JSON.stringify(parseJson(small)));
      assert.equal(JSON.stringify(parseJson(small)), JSON.stringify(byReviver(small)));
    }),
    { numRuns: 60, seed: 20260301 },
  );
});

test('a large text that is not JSON is rejected like a small one', () => {
  for (const text of ['[01.10]', '[1.10.2]', '{1.10:2}', '[-]', '["1.10]', '[1.10"]', '[.10]', '[1.10 1.20]', '[1.]', '[+1.0]']) {
    assert.throws(() => parseJson(text), SyntaxError, text);
    assert.throws(() => parseJson(`[1.0,${text}${PADDING}]`), SyntaxError, text);
  }
  const escaped = `["\\u00001.10",1.10${PADDING}]`;
  assert.deepEqual(JSON.stringify(parseJson(escaped)), '["\\u00001.10",1.10]');
});
