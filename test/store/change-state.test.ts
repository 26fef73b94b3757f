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

test('the content of a line that is new stands once in its feed entry, and is read back from there', () => {
  const made = line('10');
  const changed = { ...line('7'), rank: 1, version: 2 };
  const state: ChangeState = { header: null, lastUpdatedAt: '2026-02-01T08:00:00.000Z', deletedAt: null, lines: { a: made, b: changed } };
  const diff = [
    { path: '/status', before: null, after: 'Issued' },
    { path: '/lines/0001', before: null, after: { ...made.content } },
    { path: '/lines/0002/quantity', before: '8', after: '7' },
  ];
  const whole = stateText(state, diff);
  assert.equal(whole.match(/Gasket/g)?.length, 2, 'another object with the same content is not taken for it');
  const shared = stateText(state, [...diff.slice(0, 1), { path: '/lines/0001', before: null, after: made.content }, ...diff.slice(2)]);
  assert.equal(shared.match(/Gasket/g)?.length, 1);
  assert.ok(shared.startsWith('{"header":null'));
  for (const text of [whole, shared]) assert.deepEqual(toChangeState({ state: text, diff: JSON.stringify(diff) }), state);
});
