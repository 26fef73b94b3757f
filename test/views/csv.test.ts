import assert from 'node:assert/strict';
import test from 'node:test';
import { toCsv } from '../../src/views/csv.ts';

const cellOf = (text: unknown): string => toCsv([{ a: text }], ['a']).slice('a\r\n'.length, -'\r\n'.length);

/** Reads CSV as RFC 4180 defines it, and as lenient programs do: any line break outside of quotes ends a row. */
function rowsOf(csv: string): string[][] {
  const rows: string[][] = [[]];
  for (const match of csv.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n\u0085\u2028\u2029]*))(,|\r\n|[\r\n\v\f\u0085\u2028\u2029]|$)/g)) {
    if (match[0] === '') break;
    rows.at(-1)?.push(match[1] === undefined ? (match[2] ?? '') : match[1].replaceAll('""', '"'));
    if (match[3] !== ',' && match[3] !== '') rows.push([]);
  }
  return rows.filter((row) => row.length > 0);
}

test('no kind of line break in a value starts another row', () => {
  for (const lineBreak of ['\n', '\r', '\r\n', '\u0085', '\u2028', '\u2029', '\v', '\f']) {
    const text = `note${lineBreak}forged,row`;
    assert.deepEqual(
      rowsOf(toCsv([{ a: text, b: 'x' }], ['a', 'b'])),
      [
        ['a', 'b'],
        [text, 'x'],
      ],
      JSON.stringify(lineBreak),
    );
  }
});

test('a cell that a spreadsheet would execute starts with a quote mark, whatever precedes the formula', () => {
  for (const text of [
    '=1+1',
    '+cmd',
    '-cmd',
    '@sum',
    '\t=1',
    ' =1',
    '"=1"',
    `'=1`,
    ';=1',
    '\u00a0@x',
    '＝1',
    '＋x',
    '－x',
    '＠x',
    '\ufeff=1',
    '-',
    '%0A=1',
    '\rx',
    '\u0001=1',
    '\u0000=1',
    '\u00ad=1',
    '\u202e+x',
    '\u2066@x',
    '«=1',
  ])
    assert.match(rowsOf(`${cellOf(text)}`)[0]?.[0] ?? '', /^'/, JSON.stringify(text));
  for (const text of ['1.10', '-5', '+3.20', '-1e5', 'A-1', 'a=b', '', '2026-01-01', 'Zürich @ home']) assert.equal(cellOf(text), text);
});

test('separators, quotes and objects are quoted, and nothing is lost', () => {
  const row = { a: 'say "hi", you', b: 'x;y', c: { d: 1 }, e: null, f: ['1'] };
  assert.deepEqual(rowsOf(toCsv([row], ['a', 'b', 'c', 'c.d', 'e', 'f']))[1], ['say "hi", you', 'x;y', '{"d":1}', '1', '', '["1"]']);
  assert.equal(cellOf('x;y'), '"x;y"', 'where the list separator is a semicolon the cell stays whole');
});
