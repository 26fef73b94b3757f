import assert from 'node:assert/strict';
import test from 'node:test';
import { findDrift, listOf, membersOf } from '../../src/domain/entities/drift.ts';
import { parseJson } from '../../src/domain/values/json.ts';
import { readIsoTime, readReportedTime, readTime } from '../../src/domain/values/time.ts';

const AT = '2026-01-01T10:00:00.000Z';
const READ: readonly (readonly [written: unknown, read: string])[] = [
  ['2026-01-01T10:00:00Z', AT],
  ['2026-01-01T10:00:00', AT],
  ['2026-01-01 10:00:00 UTC', AT],
  ['2026-01-01t10:00z', AT],
  ['20260101T100000Z', AT],
  ['2026-01-01T12:00:00+02', AT],
  ['2026-01-01T12:00:00 +0200', AT],
  ['2026-01-01T12:00:00+02:00[Europe/Paris]', AT],
  ['2026-01-01 05:00:00−05:00', AT],
  ['2026-01-01', '2026-01-01T00:00:00.000Z'],
  ['2025-12-31T24:00:00Z', '2026-01-01T00:00:00.000Z'],
  ['2016-12-31T23:59:60Z', '2017-01-01T00:00:00.000Z'],
  ['2026-01-01T10:00:00.100+00', '2026-01-01T10:00:00.100Z'],
  ['2026-01-01T10:00:00,250Z', '2026-01-01T10:00:00.250Z'],
  ['2026-01-01T10:00:00.1Z', '2026-01-01T10:00:00.100Z'],
  ['2026-01-01T10:00:00.123999999999Z', '2026-01-01T10:00:00.123Z'],
  [1767261600, AT],
  [1767261600.25, '2026-01-01T10:00:00.250Z'],
  ['1767261600.123', '2026-01-01T10:00:00.123Z'],
  ['1767261600', AT],
  [1767261600123, '2026-01-01T10:00:00.123Z'],
  ['1767261600123456', '2026-01-01T10:00:00.123Z'],
  [parseJson('1767261600123456789'), '2026-01-01T10:00:00.123Z'],
  [parseJson('1767261600.10'), '2026-01-01T10:00:00.100Z'],
  [parseJson('1.7672616e9'), AT],
  [0, '1970-01-01T00:00:00.000Z'],
  ['-1.5', '1969-12-31T23:59:58.500Z'],
  ['Thu, 01 Jan 2026 10:00:00 GMT', AT],
  ['1 Jan 2026 11:00:00 +0100 (CET)', AT],
  ['Thu, 1 Jan 26 05:00 EST', AT],
];

test('every time format that platforms are known to use is read', () => {
  for (const [written, read] of READ) assert.equal(readTime(written), read, JSON.stringify(written));
});

const UNREADABLE = [
  ...['yesterday', '2026-02-30T10:00:00Z', '2026-13-01', '2026-01-01T25:00:00Z', '2026-01-01T10:61:00Z', '2026-01-01T10:00:00+24:00'],
  ...['01/02/2026', '10:00', '9'.repeat(21), '1 Foo 2026 10:00:00 GMT', '1 Jan 2026 10:00:00 XYZ', `${AT}${'0'.repeat(100)}`],
  ...[true, { $date: AT }, [AT]],
];

test('what is not a time is reported but unreadable; an empty value is not reported', () => {
  for (const written of UNREADABLE) {
    assert.equal(readTime(written), null, JSON.stringify(written));
    assert.deepEqual(readReportedTime(written), { lastUpdatedAt: null, timeUnreadable: true }, JSON.stringify(written));
  }
  for (const nothing of [undefined, null, '', '  ', {}, []]) assert.deepEqual(readReportedTime(nothing, nothing), { lastUpdatedAt: null });
  assert.deepEqual(readReportedTime(null, AT), { lastUpdatedAt: AT });
  assert.deepEqual(readReportedTime('soon', AT), { lastUpdatedAt: null, timeUnreadable: true }, 'the member that is filled decides');
});

test('fractions finer than a millisecond still decide which of two times is newer', () => {
  const written = ['10:00:00.1', '10:00:00.1001', '10:00:00.10011', '10:00:00.1009', '10:00:00.101'].map((time) => `2026-01-01T${time}Z`);
  const compared = written.map((time) => readReportedTime(time)).map(({ lastUpdatedAt, comparedAt }) => comparedAt ?? lastUpdatedAt ?? '');
  assert.deepEqual(
    compared.map((time) => time.replace(/Z$/, '')).toSorted(),
    compared.map((time) => time.replace(/Z$/, '')),
  );
  assert.equal(new Set(compared).size, written.length);
});

test('a bare number is not a time in fields written by people', () => {
  assert.deepEqual(['17', '1767261600', '2026-01-01T10:00:00Z', 'Thu, 01 Jan 2026 10:00:00 GMT'].map(readIsoTime), [null, null, AT, null]);
});

test('a very long text is rejected immediately', () => {
  const before = process.cpuUsage().user;
  for (const filler of [' ', '0', '-', '(', 'a ']) assert.equal(readTime(`2026-01-01 ${filler.repeat(500_000)}x`), null);
  assert.ok(process.cpuUsage().user - before < 1_000_000);
});

test('an unreadable time that does not order changes is drift, too', () => {
  const shape = membersOf({ orderedAt: 'time', lines: listOf(membersOf({ date: 'time' })) });
  const document = { orderedAt: 'last week', lines: [{ date: '2026-01-01' }, { date: 'soon' }, { date: null }, { date: '' }] };
  assert.deepEqual(findDrift(document, shape), [
    { kind: 'value', name: 'unreadable_time', path: '/orderedAt' },
    { kind: 'value', name: 'unreadable_time', path: '/lines/*/date' },
  ]);
});
