import assert from 'node:assert/strict';
import test from 'node:test';
import { bytesText, listText, spanText } from '../../src/http/console/format.ts';
import { html } from '../../src/http/console/html.ts';
import { type ConnectionFacts, overallVerdict, provenUpTo, verdictOf } from '../../src/http/console/verdict.ts';
import { HEALTH, PROVEN } from './support.ts';

const WELL: ConnectionFacts = { name: 'acme', health: HEALTH, coverage: PROVEN, dead: 0, notHeld: 0, gaps: 0, compared: true };
const UNPROVEN = {
  from: '2026-03-01T01:00:00.000Z',
  to: '2026-03-01T02:00:00.000Z',
  state: 'unproven',
  reason: 'an interrupted run',
  runId: null,
} as const;

const TABLE: readonly (readonly [what: string, facts: Partial<ConnectionFacts>, tone: string, sentence: RegExp, next: RegExp | null])[] = [
  ['all is well', {}, 'good', /^Nothing was lost up to 2026-03-01 07:55:00 UTC\.$/, null],
  ['gaps were found and healed', { gaps: 4 }, 'good', /^Nothing was lost/, null],
  ['a delivery is dead', { dead: 1, coverage: [UNPROVEN] }, 'bad', /^1 delivery is kept but without effect/, /replay/],
  [
    'a span is unproven',
    { coverage: [...PROVEN, UNPROVEN] },
    'watch',
    /between 2026-03-01 01:00:00 UTC and 2026-03-01 02:00:00 UTC: an interrupted run/,
    /Reconcile now/,
  ],
  ['the API is down', { health: { ...HEALTH, circuit: 'open' } }, 'watch', /does not answer/, /^Nothing/],
  ['no run has finished', { coverage: [] }, 'watch', /Nothing is proven yet/, /Reconcile now/],
  ['there is no list', { coverage: [], compared: false }, 'plain', /no list to compare it with/, null],
  ['documents are missing', { notHeld: 2 }, 'watch', /2 documents are not held/, /fetch them again/],
  ['health cannot be told', { health: null }, 'good', /^Nothing was lost/, null],
];

for (const [what, facts, tone, sentence, next] of TABLE) {
  test(`the verdict when ${what}`, () => {
    const verdict = verdictOf({ ...WELL, ...facts });
    assert.equal(verdict.tone, tone);
    assert.match(verdict.sentence, sentence);
    if (next === null) assert.equal(verdict.next, null);
    else assert.match(verdict.next ?? '', next);
  });
}

const judged = (name: string, facts: Partial<ConnectionFacts>) => ({
  name,
  verdict: verdictOf({ ...WELL, ...facts }),
  provenUpTo: provenUpTo(facts.coverage ?? PROVEN),
});

test('several connections are as well as the worst of them', () => {
  assert.match(overallVerdict([]).sentence, /no connection/);
  assert.match(overallVerdict([judged('a', {}), judged('b', {})]).sentence, /^No\. 2 connections are proven complete up to/);
  assert.match(
    overallVerdict([judged('a', {}), judged('b', { coverage: [], compared: false })]).sentence,
    /1 connection has no list to compare with/,
  );
  assert.match(overallVerdict([judged('a', {}), judged('b', { dead: 2 })]).sentence, /^b: 2 deliveries are kept/);
  assert.match(
    overallVerdict([judged('a', { dead: 1 }), judged('b', { dead: 2 }), judged('c', { coverage: [] })]).sentence,
    /^a and b need a look/,
  );
  assert.equal(overallVerdict([judged('a', { coverage: [], compared: false })]).tone, 'plain');
});

test('templates escape everything but markup of their own', () => {
  assert.equal(
    html`<a title="${`"'<&>`}">${['<b>', html`<i>${'&'}</i>`, null, false, undefined, 0]}</a>`.text,
    '<a title="&quot;&#39;&lt;&amp;&gt;">&lt;b&gt;<i>&amp;</i>0</a>',
  );
});

test('spans, sizes and lists read well', () => {
  assert.deepEqual([0, 89_000, 100_000, 7_200_000, 200_000_000].map(spanText), ['0 s', '89 s', '2 min', '2 h', '2 d']);
  assert.deepEqual([null, 0, 1023, 2048, 5 * 1024 ** 3].map(bytesText), ['–', '0 B', '1023 B', '2.0 KiB', '5.0 GiB']);
  assert.deepEqual([listText([]), listText(['a']), listText(['a', 'b']), listText(['a', 'b', 'c'])], ['', 'a', 'a and b', 'a, b and c']);
});
