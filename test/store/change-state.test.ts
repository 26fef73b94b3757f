import assert from 'node:assert/strict';
import test from 'node:test';
import { createTurn } from '../../src/domain/turn.ts';
import { type ChangeState, stateText, toChangeState } from '../../src/store/feed/change-state.ts';

const PLATFORM_AT = '2026-02-01T08:00:00.000Z';

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

test('the content of a new line is stored once in its feed entry, and is read back from there', async () => {
  const made = line('10');
  const changed = { ...line('7'), rank: 1, version: 2 };
  const state: ChangeState = { header: null, lastUpdatedAt: '2026-02-01T08:00:00.000Z', deletedAt: null, lines: { a: made, b: changed } };
  const diff = [
    { path: '/status', before: null, after: 'Issued' },
    { path: '/lines/0001', before: null, after: { externalId: 'a', ...made.content } },
    { path: '/lines/0002/quantity', before: '8', after: '7' },
  ];
  const shared = await stateText(state, diff, PLATFORM_AT, createTurn());
  assert.equal(shared.match(/Gasket/g)?.length, 1);
  assert.ok(shared.startsWith('{"header":null'));
  const other = [
    ...diff.slice(0, 1),
    { path: '/lines/0001', before: null, after: { externalId: 'a', ...content('11') } },
    ...diff.slice(2),
  ];
  const whole = await stateText(state, other, PLATFORM_AT, createTurn());
  assert.equal(whole.match(/Gasket/g)?.length, 2, 'a difference with another content is not taken for it');
  assert.deepEqual(toChangeState({ state: shared, diff: JSON.stringify(diff), platform_at: PLATFORM_AT }), state);
  assert.deepEqual(toChangeState({ state: whole, diff: JSON.stringify(other), platform_at: PLATFORM_AT }), state);
});

test('a created line keeps its own rank, version and times, whether or not they are those of the entity', async () => {
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
    const stored = await stateText(state, diff, PLATFORM_AT, createTurn());
    assert.doesNotMatch(stored, /Gasket/);
    assert.deepEqual(toChangeState({ state: stored, diff: JSON.stringify(diff), platform_at: PLATFORM_AT }), state);
  }
});

test('a state that was stored with its differences named line by line is read', async () => {
  const { content: after, ...then } = line('1');
  const state = JSON.stringify({ header: null, lastUpdatedAt: null, deletedAt: null, lines: { a: { difference: 0, ...then } } });
  const diff = JSON.stringify([{ path: '/lines/a', before: null, after: { externalId: 'a', ...after } }]);
  assert.deepEqual(toChangeState({ state, diff, platform_at: PLATFORM_AT }).lines, { a: line('1') });
});

test('a header that was set from nothing is stored once, in its differences; a header with a value of its own is stored whole', async () => {
  const buyer = { id: 'B-1', name: null };
  const header = { number: 'PO1', status: 'Issued', currency: null, buyer, supplier: null, total: '0.10', orderedAt: null };
  const set = (['number', 'status', 'buyer', 'total'] as const).map((name) => ({ path: `/${name}`, before: null, after: header[name] }));
  const state: ChangeState = { header, lastUpdatedAt: PLATFORM_AT, deletedAt: null, lines: {} };
  const stored = await stateText(state, set, PLATFORM_AT, createTurn());
  assert.equal(stored, '{"header":{}}');
  assert.deepEqual(toChangeState({ state: stored, diff: JSON.stringify(set), platform_at: PLATFORM_AT }), state);
  for (const diff of [set.slice(1), set.map((one) => (one.path === '/status' ? { ...one, before: 'Draft' } : one)), []]) {
    const whole = await stateText(state, diff, null, createTurn());
    assert.match(whole, /"number":"PO1"/);
    assert.deepEqual(toChangeState({ state: whole, diff: JSON.stringify(diff), platform_at: null }), state);
  }
});

test('the times of an entity that differ from those of the cause are kept, missing ones too', async () => {
  for (const [lastUpdatedAt, platformAt] of [
    [null, PLATFORM_AT],
    [PLATFORM_AT, null],
    [null, null],
    [PLATFORM_AT, '2026-02-02T08:00:00.000Z'],
  ]) {
    const state: ChangeState = { header: null, lastUpdatedAt: lastUpdatedAt ?? null, deletedAt: PLATFORM_AT, lines: {} };
    const stored = await stateText(state, [], platformAt ?? null, createTurn());
    assert.ok(stored.startsWith('{"header":null'));
    assert.deepEqual(toChangeState({ state: stored, diff: '[]', platform_at: platformAt ?? null }), state);
  }
});
