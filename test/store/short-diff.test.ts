import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { PIECES } from '../../migrations/diff-pieces.ts';
import type { Difference } from '../../src/domain/entities/change.ts';
import type { LineContent, Party } from '../../src/domain/entities/entity.ts';
import { appendChanges, type NewChange, packChanges } from '../../src/store/feed/append.ts';
import { readFeed } from '../../src/store/feed/read-changes.ts';
import { readFeedSizes } from '../../src/store/feed/read-sizes.ts';
import { readStatesOf } from '../../src/store/feed/read-states.ts';
import { fullDiff, shortDiff } from '../../src/store/feed/short-diff.ts';
import { openTestDatabase, testOnEnginesWith } from '../support/engines.ts';

const AT = '2026-02-01T08:00:00.000Z';
const content = (position: string | null, description: string | null) => ({
  position,
  item: description === null ? null : { number: 'GA-1', name: 'Gasket "60"', supplierNumber: null },
  description,
  quantity: '0.10',
  unit: 'PCE',
  status: null,
  price: { net: '1.25', gross: null, currency: 'EUR', unit: null, per: '100' },
  deliverySchedule: [{ position: '1', date: '2026-03-01', quantity: '120', status: 'Open' }],
});

/** The differences of a new order with two lines, whose ids contain the order's. */
const differencesOf = (externalId: string): Difference[] => [
  { path: '/number', before: null, after: externalId },
  { path: '/buyer', before: null, after: { id: 'B-1', name: null } },
  { path: '/lines/0001', before: null, after: { externalId: `${externalId}-1`, ...content('0001', 'nitrile, \u0001 60 mm') } },
  { path: `/lines/${externalId}-2`, before: null, after: { externalId: `${externalId}-2`, ...content(null, null) } },
];

// Long and short, with characters that JSON escapes, and like the pieces themselves.
const EXTERNAL_IDS = [
  '3f0b54a1-0d5c-PO2189',
  'PO',
  'quo"te\\d',
  'tab\there',
  '\u0001\u001f\u0002\u0003',
  'path',
  '","status":"',
  'Größe-1',
  '\ud83d\ude00-7',
];

test('differences are restored exactly from what is stored, whatever they contain', () => {
  for (const externalId of EXTERNAL_IDS) {
    const differences = differencesOf(externalId);
    const text = JSON.stringify(differences);
    for (const one of [text, JSON.stringify(Array.from({ length: 300 }, () => differences).flat()), text.replace('nitrile', 'ニトリル')])
      assert.equal(fullDiff(shortDiff(one, externalId), externalId), one);
    assert.equal(fullDiff(text, externalId), text, 'text that was stored in full is what it says');
  }
  const part = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom<string>(...PIECES), fc.constantFrom('PO-1', '\u0001', '\u001f'));
  const json = fc.array(part, { maxLength: 6 }).map((parts) => JSON.stringify(parts.join('')));
  fc.assert(fc.property(json, part, (text, externalId) => fullDiff(shortDiff(text, externalId), externalId) === text));
});

test('the differences of a new order are stored in less than half of their length', () => {
  const lines = Array.from({ length: 5 }, (_, index) => differencesOf('3f0b54a1-0d5c-PO2189')[2 + (index % 2)]);
  const text = JSON.stringify(lines);
  const stored = shortDiff(text, '3f0b54a1-0d5c-PO2189');
  assert.ok(stored.length < text.length / 2, `${stored.length} of ${text.length}`);
});

test('an entry that an earlier version has stored is read: a place in the list of pieces never changes its meaning', () => {
  const stored =
    '[\u0005number\u0008PO2189\u0003status\u0008Issued\u0003lines/0001\u0006\u001f-1\u000b0001\u000c77\u000fBolt\u0012M8\u001410\u0015PCE\u0016Open' +
    '\u00171.10\u00181.21\u0019EUR\u0015PCE\u001a1\u001b1\u001d2026-04-01\u001410\u0016Open\u001e]';
  const line = {
    externalId: 'PO2189-1',
    position: '0001',
    item: { number: '77', name: 'Bolt' },
    description: 'M8',
    quantity: '10',
    unit: 'PCE',
    status: 'Open',
    price: { net: '1.10', gross: '1.21', currency: 'EUR', unit: 'PCE', per: '1' },
    deliverySchedule: [{ position: '1', date: '2026-04-01', quantity: '10', status: 'Open' }],
  };
  assert.deepEqual(JSON.parse(fullDiff(stored, 'PO2189')), [
    { path: '/number', before: null, after: 'PO2189' },
    { path: '/status', before: null, after: 'Issued' },
    { path: '/lines/0001', before: null, after: line },
  ]);
});

/** A change that creates an order of two lines, as processing makes it. */
function createdOrder(externalId: string, place: number): NewChange {
  const diff = differencesOf(externalId);
  const [, buyer, first, second] = diff.map(({ after }) => after);
  const header = {
    number: externalId,
    status: null,
    currency: null,
    buyer: buyer as unknown as Party,
    supplier: null,
    total: null,
    orderedAt: null,
  };
  const lineOf = (after: unknown, rank: number) => {
    const { externalId: id, ...ofLine } = after as LineContent & { externalId: string };
    return [id, { content: ofLine, rank, version: 1, lastUpdatedAt: AT, removedAt: null }] as const;
  };
  const state = { header, lastUpdatedAt: AT, deletedAt: null, lines: Object.fromEntries([lineOf(first, 0), lineOf(second, 1)]) };
  return {
    changeId: `c${place}`,
    at: AT,
    connection: 'toy',
    kind: 'order',
    action: 'created',
    entityId: `o${place}`,
    externalId,
    version: 1,
    lines: ['0001'],
    diff,
    state,
    cause: { type: 'delivery', id: 'd1', eventType: null },
    platformAt: place % 2 === 0 ? AT : null,
    receivedAt: null,
  };
}

testOnEnginesWith('the feed, its states, its sizes and the view have the differences in full', openTestDatabase, async ({ db }) => {
  const changes = EXTERNAL_IDS.map(createdOrder);
  const rows = await packChanges(changes);
  await db.write((sql) => appendChanges(sql, rows));
  const texts = changes.map(({ diff }) => JSON.stringify(diff));
  const diffs = (rows: readonly { diff: string }[]) => rows.map(({ diff }) => diff);
  const [span, everything] = [
    { after: '0', upTo: '100', limit: 100 },
    { kinds: null, connections: null },
  ] as const;
  const read = await readFeed(db.read, everything, span);
  assert.deepEqual(diffs(read), texts);
  assert.deepEqual(diffs(await db.read.all<{ diff: string }>('select diff from feed order by position')), texts);
  const positions = read.map(({ position }) => position);
  const states = await readStatesOf(db.read, positions);
  assert.deepEqual(
    positions.map((position) => states.get(position)),
    changes.map(({ state }) => state),
  );
  const sizes = await readFeedSizes(db.read, everything, span, { state: false, entity: false });
  for (const [place, { bytes }] of sizes.entries()) assert.ok(bytes > Buffer.byteLength(texts[place] ?? ''));
});
