import assert from 'node:assert/strict';
import test from 'node:test';
import type { Difference } from '../../src/domain/entities/change.ts';
import { differences } from '../../src/domain/entities/diff.ts';
import { createTurn } from '../../src/domain/turn.ts';

const between = async (before: string, after: string): Promise<Difference[]> => {
  const found: Difference[] = [];
  await differences(JSON.parse(before), JSON.parse(after), '', { note: (difference) => found.push(difference), turn: createTurn() });
  return found;
};

test('a member that appears or disappears is a difference from null, whatever its name', async () => {
  for (const name of ['note', 'constructor', 'toString', '__proto__', 'hasOwnProperty']) {
    const object = `{"${name}":"text"}`;
    assert.deepEqual(await between('{}', object), [{ path: `/${name}`, before: null, after: 'text' }]);
    assert.deepEqual(await between(object, '{}'), [{ path: `/${name}`, before: 'text', after: null }]);
    assert.deepEqual(await between(`{"${name}":{"a":1}}`, '{}'), [{ path: `/${name}`, before: { a: 1 }, after: null }]);
  }
});

test('lists of the same length are compared entry by entry, others as a whole', async () => {
  assert.deepEqual(await between('{"a":[1,2]}', '{"a":[1,3]}'), [{ path: '/a/1', before: 2, after: 3 }]);
  assert.deepEqual(await between('{"a":[1]}', '{"a":[1,3]}'), [{ path: '/a', before: [1], after: [1, 3] }]);
});
