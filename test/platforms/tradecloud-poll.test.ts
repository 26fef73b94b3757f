import assert from 'node:assert/strict';
import test from 'node:test';
import { RemoteFailure } from '../../src/domain/errors.ts';
import { makePage, type Position, pollRequest, type Row, readPosition, readRows } from '../../src/platforms/tradecloud/lists.ts';

const minute = (n: number) => new Date(Date.parse('2026-01-01T00:00:00Z') + n * 60_000).toISOString();
const rows = (from: number, count: number): Row[] =>
  Array.from({ length: count }, (_, index) => ({
    externalId: `o-${from + index}`,
    lastUpdatedAt: minute(from + index),
    json: { id: `o-${from + index}` },
  }));
const answer = (total: number | null, latest = '2027-01-01T00:00:00.000Z') => ({ total, answeredAt: null, latest });
const positionAt = (offset: number, tail: string[] = []) =>
  readPosition({ watermark: null, since: null, page: JSON.stringify({ after: minute(0), offset, tail, greatest: null }) });
const nextOf = (page: { next: string | null }) => JSON.parse(page.next ?? 'null') as Position | null;

test('a page that shares no row with the previous one is not trusted: the previous one is read again', () => {
  const page = makePage(positionAt(290, ['o-289@x']), rows(300, 100), answer(1000), 'order');
  assert.deepEqual(page.records, []);
  assert.equal(page.watermark, null);
  assert.deepEqual(nextOf(page), { after: minute(0), offset: 190, tail: ['o-289@x'], rows: null, greatest: null, again: 1 });
  const again = makePage(positionAt(0, ['o-289@x']), rows(0, 100), answer(1000), 'order');
  assert.equal(again.records.length, 100);
});

test('rows that a page repeats are reported once', () => {
  const [shared] = rows(99, 1);
  const page = makePage(positionAt(99, [`${shared?.externalId}@${shared?.lastUpdatedAt}`]), rows(99, 100), answer(1000), 'order');
  assert.equal(page.records.length, 99);
  assert.equal(page.records[0]?.subject.externalId, 'o-100');
});

test("beyond the API's maximum offset the list is restarted just before the latest time received", () => {
  const page = makePage(positionAt(9900), rows(9900, 100), answer(30_000), 'order');
  const next = nextOf(page);
  assert.equal(next?.offset, 0);
  assert.equal(next?.after, new Date(Date.parse(minute(9999)) - 1).toISOString());
  assert.equal(page.watermark, minute(9999));
});

test('if the times do not advance, the list continues by its offset', () => {
  const still = rows(9900, 100).map((row) => ({ ...row, lastUpdatedAt: minute(0) }));
  assert.equal(nextOf(makePage(positionAt(9900), still, answer(30_000), 'order'))?.offset, 9990);
});

test('a server that returns fewer rows than requested is paged to its end', () => {
  const first = makePage(positionAt(0), rows(0, 3), answer(5), 'order');
  const next = nextOf(first);
  assert.equal(next?.offset, 2);
  const second = makePage(positionAt(2, next?.tail), rows(2, 3), answer(5), 'order');
  assert.deepEqual(
    second.records.map(({ subject }) => subject.externalId),
    ['o-3', 'o-4'],
  );
  assert.equal(second.next, null);
});

test('a total ends nothing: it may be capped, or count something else', () => {
  const full = makePage(positionAt(0), rows(0, 100), answer(100), 'order');
  assert.equal(nextOf(full)?.offset, 90);
  const last = makePage(positionAt(90, nextOf(full)?.tail), rows(90, 15), answer(10), 'order');
  assert.deepEqual([last.records.length, last.next], [5, null]);
  const nothing = makePage(positionAt(90, nextOf(full)?.tail), rows(90, 10), answer(10_000), 'order');
  assert.deepEqual([nothing.records.length, nothing.next], [0, null], 'nothing new is the end, whatever the total says');
});

const failed = (reason: RegExp) => (error: unknown) =>
  error instanceof RemoteFailure && error.code === 'remote_paging' && reason.test(error.message);
const sameTime = (from: number, count: number): Row[] => rows(from, count).map((row) => ({ ...row, lastUpdatedAt: minute(1) }));

test('rows that appear at every offset are skipped by their time, or the run fails and says so', () => {
  const first = makePage(positionAt(0), rows(1, 100), answer(1000), 'order');
  const narrower = nextOf(makePage(readPosition({ watermark: null, since: null, page: first.next }), rows(1, 100), answer(1000), 'order'));
  assert.deepEqual([narrower?.offset, narrower?.after], [0, new Date(Date.parse(minute(100)) - 1).toISOString()]);
  const still = { ...positionAt(0), after: new Date(Date.parse(minute(1)) - 1).toISOString() };
  const page = makePage(still, sameTime(0, 100), answer(1000), 'order');
  const next = readPosition({ watermark: null, since: null, page: page.next });
  assert.throws(() => makePage(next, sameTime(0, 100), answer(1000), 'order'), failed(/every offset/));
});

test('more rows with one time than an offset reaches fail the run; a server with larger offsets is read to its end', () => {
  const deep = { ...positionAt(9990, ['x@y']), after: new Date(Date.parse(minute(1)) - 1).toISOString(), tail: [`o-9999@${minute(1)}`] };
  assert.throws(() => makePage(deep, sameTime(9990, 10), answer(10_000), 'order'), failed(/10000 rows/));
  assert.equal(nextOf(makePage(deep, sameTime(9990, 100), answer(10_000), 'order'))?.offset, 10_080);
  assert.equal(makePage(deep, sameTime(9990, 60), answer(10_000), 'order').next, null);
});

test('pages that never overlap are abandoned', () => {
  const restless = { ...positionAt(90, ['o-1@x']), again: 100 };
  assert.throws(() => makePage(restless, rows(90, 100), answer(1000), 'order'), failed(/never overlap/));
});

test('a time after the response does not move the watermark', () => {
  const [row, future, odd] = rows(0, 3) as [Row, Row, Row];
  const mixed = [row, { ...odd, lastUpdatedAt: 'soon' }, { ...future, lastUpdatedAt: '2099-01-01T00:00:00Z' }];
  const page = makePage(positionAt(0), mixed, answer(3, minute(60)), 'order');
  assert.deepEqual([page.records.length, page.watermark], [3, minute(0)]);
});

test('without a total a short page is the last', () => {
  assert.equal(makePage(positionAt(0), rows(0, 99), answer(null), 'order').next, null);
  assert.notEqual(makePage(positionAt(0), rows(0, 100), answer(null), 'order').next, null);
  assert.equal(makePage(positionAt(0), [], answer(0), 'order').next, null);
});

test("the watermark is its latest time in the platform's own format, and never goes back", () => {
  const stored = readPosition({ watermark: '2026-06-01T00:00:00Z', since: null, page: null });
  assert.equal(makePage(stored, rows(0, 2), answer(2), 'order').watermark, '2026-06-01T00:00:00Z');
  const later = [{ externalId: 'a', lastUpdatedAt: '2026-06-01T02:00:00+01:00', json: {} }];
  assert.equal(makePage(stored, later, answer(1), 'order').watermark, '2026-06-01T02:00:00+01:00');
  assert.equal(
    pollRequest(stored, {}).filters && JSON.stringify(pollRequest(stored, {}).filters),
    '{"lastUpdatedAfter":"2026-05-31T23:45:00.000Z"}',
  );
});

test('a watermark that cannot be read as a time is sent back unchanged', () => {
  const odd = readPosition({ watermark: 'token-17', since: null, page: null });
  assert.deepEqual(pollRequest(odd, { companyId: 'c' }), {
    filters: { companyId: 'c', lastUpdatedAfter: 'token-17' },
    offset: 0,
    limit: 100,
  });
});

test('unreadable responses and tokens are failures, not empty pages', () => {
  const unreadable = (error: unknown) => error instanceof RemoteFailure;
  for (const text of ['', '<html>', '{}', '[]', '{"data":"x"}']) assert.throws(() => readRows(text, 'order'), unreadable, text);
  assert.throws(() => readPosition({ watermark: null, since: null, page: '{"after":1}' }), unreadable);
  assert.deepEqual(readRows('{"data":[],"total":0}', 'order'), { rows: [], total: 0 });
});

test('polled amounts keep their digits', () => {
  const text = '{"data":[{"id":"o-1","lastUpdatedAt":"2026-01-01T00:00:00Z","lines":[{"quantity":1.10}]}],"total":1}';
  const { rows: read, total } = readRows(text, 'order');
  assert.equal(
    makePage(positionAt(0), read, answer(total), 'order').records[0]?.text,
    '{"id":"o-1","lastUpdatedAt":"2026-01-01T00:00:00Z","lines":[{"quantity":1.10}]}',
  );
});
