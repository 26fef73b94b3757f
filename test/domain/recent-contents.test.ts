import assert from 'node:assert/strict';
import test from 'node:test';
import { createRecentContents, MOST_RETAINED_BYTES } from '../../src/domain/entities/recent-contents.ts';

const content = (bytes: number) => ({ headers: {}, body: Buffer.alloc(bytes) });

test('the content of a delivery is there once', () => {
  const recent = createRecentContents(() => 0);
  const kept = content(10);
  recent.keep('a', kept);
  assert.equal(recent.take('b'), undefined);
  assert.equal(recent.take('a'), kept);
  assert.equal(recent.take('a'), undefined);
});

test('contents of at most a megabyte are retained, the oldest ones, until they are taken', () => {
  const recent = createRecentContents(() => 0);
  for (let n = 0; n < 20; n++) recent.keep(`${n}`, content(60_000));
  assert.equal(recent.take('16'), undefined);
  assert.ok(recent.take('0'));
  recent.keep('20', content(60_000));
  assert.ok(recent.take('20'));
});

test('a large body is not retained', () => {
  const recent = createRecentContents(() => 0);
  recent.keep('a', content(MOST_RETAINED_BYTES + 1));
  assert.equal(recent.take('a'), undefined);
});

test('contents that nobody has taken for some seconds make room for others', () => {
  let nowMs = 0;
  const recent = createRecentContents(() => nowMs);
  for (let n = 0; n < 20; n++) recent.keep(`${n}`, content(60_000));
  nowMs = 5000;
  recent.keep('new', content(60_000));
  assert.equal(recent.take('0'), undefined);
  assert.ok(recent.take('new'));
});
