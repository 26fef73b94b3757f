import assert from 'node:assert/strict';
import test from 'node:test';
import { PLATFORMS } from '../../src/platforms/registry.ts';
import { runTraffic } from '../../src/sandbox/demo/traffic.ts';
import { createWorld } from '../../src/sandbox/world.ts';

const worlds = PLATFORMS.map((platform) => createWorld(platform, { seed: 'a', baseUrl: 'http://127.0.0.1:1', now: () => new Date(0) }));

test('every platform has something to compare, however soon the traffic ends, and never more events than requested', async () => {
  const happened = new Map<string, number>();
  const sandbox = {
    worlds,
    trigger(connection: string, eventType: string, form?: string) {
      happened.set(connection, (happened.get(connection) ?? 0) + 1);
      const world = worlds.find((one) => one.connection === connection);
      return world?.trigger({ connection, eventType, form, at: '2026-11-01T00:00:00.000Z' }) ?? [];
    },
  };
  const run = (mostEvents: number, stop: AbortSignal) =>
    runTraffic({
      sandbox,
      random: () => 0.3,
      sleep: async () => {},
      everyMs: 0,
      mostEvents,
      isBusy: () => false,
      deliver: () => {},
      noteSilence: () => {},
      stop,
    });
  await run(50, AbortSignal.abort());
  assert.deepEqual(
    worlds.map(({ connection }) => happened.get(connection)),
    worlds.map(() => 10),
  );
  for (const { simulation, connection } of worlds) assert.ok(simulation.resources().length > 0, connection);
  happened.clear();
  await run(12, new AbortController().signal);
  assert.deepEqual(
    worlds.map(({ connection }) => happened.get(connection)),
    worlds.map(() => 12),
  );
});
