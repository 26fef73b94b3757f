import assert from 'node:assert/strict';
import test from 'node:test';
import { decimalText, sumDecimals } from '../../src/domain/values/decimal.ts';
import { objectAt, parseJson } from '../../src/domain/values/json.ts';

const SUMS: readonly (readonly [values: (string | null)[], sum: string | null])[] = [
  [[], null],
  [[null, ''], null],
  [['010.100'], '010.100'],
  [['0.10', '12345678901234567890.123450'], '12345678901234567890.223450'],
  [['0.1', '0.2'], '0.3'],
  [['-1.5', '1'], '-0.5'],
  [['1.10', null, '2'], '3.10'],
  [['1E+2'], '1E+2'],
  [['1E+2', '0.5'], '100.5'],
  [['1.25e1', '2.5E-3'], '12.5025'],
  [['-3e0', '1'], '-2'],
  [['1e999999999', '2'], '2'],
  [['about ten', '2'], '2'],
];

for (const [values, sum] of SUMS) {
  test(`the sum of ${JSON.stringify(values)} is ${sum}`, () => assert.equal(sumDecimals(values), sum));
}

test('a decimal is kept as it was sent, as a number and as a text', () => {
  const { a, b, c, d } = objectAt(parseJson('{"a":1.10,"b":"1.10","c":"ten","d":1E+2}'));
  assert.deepEqual([a, b, c, d].map(decimalText), ['1.10', '1.10', null, '1E+2']);
});

test('a number of more than 400 digits is not a decimal, whether written as a number or as a text', () => {
  const most = '9'.repeat(400);
  assert.equal(decimalText(objectAt(parseJson(`{"a":-${most}}`)).a), `-${most}`);
  for (const digits of [`${most}9`, `${most}.9`, `-${most}9`, `${most}9e-3`]) {
    assert.equal(decimalText(objectAt(parseJson(`{"a":${digits}}`)).a), null);
    assert.equal(decimalText(digits), null);
  }
  assert.equal(decimalText('9'.repeat(1_000_000)), null);
});
