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
