import assert from 'node:assert/strict';
import test from 'node:test';
import { type ChangeState, stateText, toChangeState } from '../../src/store/feed/change-state.ts';

const content = (quantity: string) => ({
  position: '0001',
  item: null,
  description: 'Gasket "60"',
  quantity,
  unit: 'PCE',
  status: null,
  price: null,
  deliverySchedule: [],
});
const line = (quantity: string) => ({ content: content(quantity), rank: 0, version: 1, lastUpdatedAt: null, removedAt: null });

test('the content of a new line is stored once in its feed entry, and is read back from there', () => {
  const made = line('10');
  const changed = { ...line('7'), rank: 1, version: 2 };
  const state: ChangeState = { header: null, lastUpdatedAt: '2026-02-01T08:00:00.000Z', deletedAt: null, lines: { a: made, b: changed } };
  const diff = [
    { path: '/status', before: null, after: 'Issued' },
    { path: '/lines/0001', before: null, after: { externalId: 'a', ...made.content } },
    { path: '/lines/0002/quantity', before: '8', after: '7' },
  ];
  const shared = stateText(state, diff);
  assert.equal(shared.match(/Gasket/g)?.length, 1);
  assert.ok(shared.startsWith('{"header":null'));
  const other = [
    ...diff.slice(0, 1),
    { path: '/lines/0001', before: null, after: { externalId: 'a', ...content('11') } },
    ...diff.slice(2),
  ];
  const whole = stateText(state, other);
  assert.equal(whole.match(/Gasket/g)?.length, 2, 'a difference with another content is not taken for it');
  assert.deepEqual(toChangeState({ state: shared, diff: JSON.stringify(diff) }), state);
  assert.deepEqual(toChangeState({ state: whole, diff: JSON.stringify(other) }), state);
});

test('a created line keeps its own rank, version and times, whether or not they are those of the entity', () => {
  const at = '2026-02-01T08:00:00.000Z';
  const lines = {
    a: { ...line('1'), lastUpdatedAt: at },
    b: { ...line('2'), rank: 1 },
    c: { ...line('3'), rank: 2, version: 4, lastUpdatedAt: at },
    d: { ...line('4'), rank: 3, lastUpdatedAt: '2026-01-31T00:00:00.000Z' },
    e: { ...line('5'), rank: 4, lastUpdatedAt: at, removedAt: at },
  };
  const diff = Object.entries(lines).map(([externalId, { content: after }]) => ({
    path: `/lines/${externalId}`,
    before: null,
    after: { externalId, ...after },
  }));
  for (const lastUpdatedAt of [at, null]) {
    const state: ChangeState = { header: null, lastUpdatedAt, deletedAt: null, lines };
    const stored = stateText(state, diff);
    assert.doesNotMatch(stored, /Gasket/);
    assert.deepEqual(toChangeState({ state: stored, diff: JSON.stringify(diff) }), state);
  }
});

test('a state that was stored with its differences named line by line is read', () => {
  const { content: after, ...then } = line('1');
  const state = JSON.stringify({ header: null, lastUpdatedAt: null, deletedAt: null, lines: { a: { difference: 0, ...then } } });
  const diff = JSON.stringify([{ path: '/lines/a', before: null, after: { externalId: 'a', ...after } }]);
  assert.deepEqual(toChangeState({ state, diff }).lines, { a: line('1') });
});
