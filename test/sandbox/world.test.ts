import assert from 'node:assert/strict';
import test from 'node:test';
import { PLATFORMS } from '../../src/platforms/registry.ts';
import { seededId, seededRandom } from '../../src/sandbox/seeded-random.ts';
import { copyWorld, createWorld, type World } from '../../src/sandbox/world.ts';

const START_MS = Date.parse('2026-03-01T08:00:00.000Z');
const ground = (seed: string) => ({ seed, baseUrl: 'http://127.0.0.1:1/it', now: () => new Date(START_MS + 3_600_000) });

function playHistory(world: World): void {
  for (const [position, { eventType, form }] of world.simulation.history.entries()) {
    world.trigger({ connection: world.connection, eventType, form, at: new Date(START_MS + position * 1000).toISOString() });
  }
}

for (const platform of PLATFORMS) {
  test(`${platform.name}: the same seed and the same events produce the same data`, () => {
    const [one, two] = [createWorld(platform, ground('a')), createWorld(platform, ground('a'))];
    playHistory(one);
    playHistory(two);
    assert.ok(one.simulation.resources().length > 0, 'something is there');
    assert.deepEqual(two.simulation.resources(), one.simulation.resources());
    assert.deepEqual(two.entry, one.entry, 'with the same credentials');
  });

  test(`${platform.name}: another seed produces other credentials`, () => {
    assert.notDeepEqual(createWorld(platform, ground('a')).entry, createWorld(platform, ground('b')).entry);
  });

  test(`${platform.name}: API requests in between do not change what happens`, () => {
    const [asked, left] = [createWorld(platform, ground('a')), createWorld(platform, ground('a'))];
    asked.simulation.answer({ method: 'GET', path: '/', query: {}, headers: {}, body: '' });
    playHistory(asked);
    playHistory(left);
    assert.deepEqual(asked.simulation.resources(), left.simulation.resources());
  });
}

test('a copy has the credentials of its original and its own data', () => {
  for (const platform of PLATFORMS) {
    const world = createWorld(platform, ground('a'));
    const twin = copyWorld(world, ground('sample'));
    playHistory(twin);
    assert.deepEqual(twin.entry, world.entry);
    assert.equal(world.count(), 0);
  }
});

test('seeded numbers are spread over the whole range, and differ between seeds', () => {
  const random = seededRandom('x');
  const drawn = Array.from({ length: 1000 }, random);
  assert.ok(drawn.every((number) => number >= 0 && number < 1));
  for (const tenth of [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]) {
    const count = drawn.filter((number) => Math.floor(number * 10) === tenth).length;
    assert.ok(count > 50 && count < 160, `${count} of 1000 in tenth ${tenth}`);
  }
  assert.notEqual(seededRandom('x')(), seededRandom('y')());
});

test('seeded ids look like UUIDs and do not repeat', () => {
  const makeId = seededId(seededRandom('x'));
  const ids = Array.from({ length: 200 }, makeId);
  for (const id of ids) assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal(new Set(ids).size, ids.length);
});
