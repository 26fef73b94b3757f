import assert from 'node:assert/strict';
import test from 'node:test';
import { PLATFORMS } from '../../src/platforms/registry.ts';
import { compareWithWorlds } from '../../src/sandbox/demo/compare.ts';
import { copyWorld, createWorld } from '../../src/sandbox/world.ts';
import { onStage, type Stage } from './stage.ts';

for (const platform of PLATFORMS) {
  const on = (name: string, work: (stage: Stage) => Promise<void>) => test(`${platform.title}: ${name}`, () => onStage(platform, work));
  // Without an API, or without lists in it, there is nothing to compare with.
  const world = createWorld(platform, { seed: 'reconcile', baseUrl: 'http://127.0.0.1:1', now: () => new Date() });
  const hasLists =
    (platform.connect(world.settings, { client: () => ({}), oauth2: () => async () => ({}), now: () => new Date() } as never)?.streams
      .length ?? 0) > 0;
  if (!hasLists) continue;

  on('if every webhook arrived, reconciliation finds nothing', async ({ history, deliver, quiet, reconcile, client, world }) => {
    await history(async (webhook) => {
      assert.ok([200, 202].includes(await deliver(webhook)), webhook.eventType);
      await quiet();
    });
    const run = await reconcile();
    assert.deepEqual([run.state, run.error, run.gaps], ['done', null, []]);
    assert.deepEqual((await compareWithWorlds(client, [world])).differences, []);
  });

  on('if no webhook arrived, a run recovers everything, and the next finds nothing more', async ({ history, reconcile, client, world }) => {
    await history();
    const run = await reconcile();
    assert.deepEqual([run.state, run.error, run.causes], ['done', null, ['never_delivered']]);
    const again = await reconcile('2020-01-01T00:00:00.000Z');
    assert.deepEqual([again.state, again.gaps], ['done', []]);
    const { differences } = await compareWithWorlds(client, [world]);
    assert.deepEqual(differences, []);
  });

  // Kinds whose events are applied as they are: for others the API is asked first, which here knows nothing.
  const applied = platform.events.filter(({ kind, effect }) => kind !== null && effect === 'apply').map(({ type }) => type);

  on('entities that the lists of the platform lack do not keep a run from completing', async ({ deliver, quiet, reconcile, world }) => {
    const elsewhere = copyWorld(world, { seed: 'elsewhere', baseUrl: 'http://127.0.0.1:1', now: () => new Date() });
    const told = { connection: world.connection, form: undefined, at: new Date().toISOString() };
    for (const eventType of applied) for (const webhook of elsewhere.trigger({ ...told, eventType })) await deliver(webhook);
    await quiet();
    const run = await reconcile();
    assert.deepEqual([run.state, run.error], ['done', null]);
  });

  on('if every third webhook was lost, a run recovers what is missing', async ({ history, deliver, quiet, reconcile, client, world }) => {
    await history(async (webhook, n) => {
      if (n % 3 === 1) return;
      await deliver(webhook);
      await quiet();
    });
    await reconcile();
    assert.deepEqual((await compareWithWorlds(client, [world])).differences, []);
    const again = await reconcile('2020-01-01T00:00:00.000Z');
    assert.deepEqual(again.gaps, []);
  });
}
