import assert from 'node:assert/strict';
import test from 'node:test';
import { numbersOf, trigramsOf } from '../../src/domain/values/trigrams.ts';

const PLAIN = [...'abcdefghijklmnopqrstuvwxyz0123456789 -./'];

test('every trigram of plain characters has a two-byte number of its own; others have two', () => {
  const plain = PLAIN.flatMap((first) => PLAIN.flatMap((second) => PLAIN.map((third) => `${first}${second}${third}`)));
  const numbers = numbersOf(plain);
  assert.equal(new Set(numbers).size, plain.length);
  const others = trigramsOf('Østfold Stål, 株式会社 🚚 “rev. B”');
  assert.ok(others.length > 10);
  for (const trigram of others) assert.equal(numbersOf([trigram]).length, /^[a-z0-9 ./-]{3}$/.test(trigram) ? 1 : 2, trigram);
  for (const number of [...numbers, ...numbersOf(others)]) assert.ok(Number.isInteger(number) && number >= -32_768 && number <= 32_767);
});

test('the numbers of trigrams never change, since the search index has stored them', () => {
  assert.deepEqual(numbersOf(['po2', '/..', 'stå', '株式会']), [-8180, 31190, 14668, -29467, 1845, -30268]);
});
