import assert from 'node:assert/strict';
import test from 'node:test';
import type { EntityReport } from '../../src/domain/entity.ts';
import { mergeReport } from '../../src/processing/merge-entity.ts';

const AT = '2026-04-01T10:00:00.000Z';
const LATER = '2026-04-01T11:00:00.000Z';
const occasion = { connection: 'shop', platform: 'ordermentum', at: '2026-04-02T08:00:00.000Z', makeId: () => 'made' };
const header = { number: 'N7', status: 'Placed', currency: null, buyer: null, supplier: null, total: '12.50', orderedAt: null };
const content = {
  ...{ position: null, item: null, description: 'Milk', quantity: '2', unit: null, status: null, price: null },
  deliverySchedule: [],
};

/** An order of one line, told as a whole. */
const told = (more: Partial<EntityReport> = {}): EntityReport => ({
  ...{ kind: 'order', externalId: 'o-7', lastUpdatedAt: AT, header, linesComplete: true, documents: null, deleted: false },
  lines: [{ externalId: 'l-1', lastUpdatedAt: AT, content, source: {} }],
  source: { number: 'N7' },
  sourceLines: 'lineItems',
  ...more,
});

test('a deletion that still tells the whole thing keeps what it tells', () => {
  const { state, change } = mergeReport(null, told({ deleted: true }), occasion);
  assert.deepEqual([state.header.number, state.lines.size, state.deletedAt, state.version], ['N7', 1, AT, 1]);
  assert.deepEqual([change?.action, change?.lines], ['deleted', ['l-1']]);
});

test('how a thing ended is told with its deletion, in one entry', () => {
  const { state } = mergeReport(null, told(), occasion);
  const end = told({ deleted: true, lastUpdatedAt: LATER, header: { ...header, status: 'Cancelled' } });
  const { change } = mergeReport(state, end, occasion);
  assert.equal(change?.action, 'deleted');
  assert.deepEqual(
    change?.diff.map(({ path, after }) => [path, after]),
    [
      ['/deletedAt', LATER],
      ['/status', 'Cancelled'],
    ],
  );
  assert.equal(mergeReport(state, end, occasion).change, null, 'and once');
});

test('a deletion that tells nothing else leaves what is held as it was', () => {
  const { state } = mergeReport(null, told(), occasion);
  const { change } = mergeReport(state, told({ deleted: true, lastUpdatedAt: null, header: null, lines: [], source: null }), occasion);
  assert.deepEqual([change?.action, change?.diff.length, state.header, state.deletedAt], ['deleted', 1, header, occasion.at]);
  assert.equal([...state.lines.values()][0]?.removedAt, null);
});

test('an older deletion has no effect', () => {
  const { state } = mergeReport(null, told({ lastUpdatedAt: LATER }), occasion);
  const { change, stale } = mergeReport(state, told({ deleted: true }), occasion);
  assert.deepEqual([change, stale, state.deletedAt], [null, 1, null]);
});
