import assert from 'node:assert/strict';
import type { AnyPlatform } from '../../src/platforms/contract/platform.ts';
import { processNotifications } from '../../src/processing/fetch-resources.ts';
import { type PlatformContext, testOnPlatforms } from './platform-context.ts';

const DELIVERIES = 10;

/** Notifications of the platform, of which each has to be fetched. */
async function notify(running: PlatformContext, platform: AnyPlatform): Promise<void> {
  const { effect: _effect, type } = platform.events.find(({ effect }) => effect === 'fetch') ?? { effect: null, type: '' };
  const form = type === '' ? 'get' : undefined;
  const ids = new Set<string>();
  while (ids.size < DELIVERIES) {
    const happened = await running.happen(type === '' ? (running.world.simulation.history[0]?.eventType ?? '') : type, form);
    for (const { answer } of happened) if (answer.status === 'accepted') ids.add(answer.deliveryId);
  }
}

const rows = ({ context }: PlatformContext) =>
  context.db.read.all<{ state: string; attempts: string; error: string | null }>(
    'select state, attempts, error from deliveries where notification order by seq',
  );

const attemptsOf = async (running: PlatformContext): Promise<number[]> =>
  (await rows(running)).map(({ attempts }) => (JSON.parse(attempts) as unknown[]).length);

testOnPlatforms(
  'refused credentials cost no delivery an attempt, and all deliveries continue after the first success',
  async (running, platform) => {
    if (running.context.api(running.connection) === null) return;
    await notify(running, platform);
    running.remoteServer.answer = { status: 401, body: '' };
    const from = running.clock.now().getTime();
    for (; running.clock.now().getTime() < from + 60_000; running.clock.advance(1000)) {
      await processNotifications(running.context, running.connection);
    }
    assert.ok(running.asked.length > 0 && running.asked.length <= 6, `${running.asked.length} calls in the first minute`);
    assert.deepEqual([...running.alerts], ['platform_refuses_us']);
    assert.deepEqual(new Set(await attemptsOf(running)), new Set([0]));
    for (const { state, error } of await rows(running)) assert.deepEqual([state, error?.split(':')[0]], ['pending', 'platform_refuses_us']);

    running.remoteServer.answer = null;
    await running.context.access.release(null);
    running.clock.advance(600_000);
    await running.settle();
    assert.deepEqual([...running.alerts], []);
    for (const { state, error } of await rows(running)) assert.ok(['done', 'ignored'].includes(state), String(error));
  },
);

testOnPlatforms('an outage or a 429 costs no delivery an attempt once the platform is known to be down', async (running, platform) => {
  if (running.context.api(running.connection) === null) return;
  await notify(running, platform);
  running.remoteServer.answer = { status: 429, headers: { 'retry-after': '31536000' }, body: '' };
  await processNotifications(running.context, running.connection);
  assert.deepEqual(new Set(await attemptsOf(running)), new Set([0]));
  const [waiting] = await running.context.db.read.all<{ at: string }>('select max(next_attempt_at) as at from deliveries');
  assert.ok(Date.parse(waiting?.at ?? '') <= running.clock.now().getTime() + 3_600_000);

  running.clock.advance(3_600_000);
  running.remoteServer.answer = { status: 503, body: '' };
  await processNotifications(running.context, running.connection);
  assert.equal(running.context.api(running.connection)?.circuit(), 'open');
  assert.ok((await attemptsOf(running)).reduce((sum, one) => sum + one, 0) <= 4);
  running.context.access.check();
  assert.deepEqual([...running.alerts], []);
  running.clock.advance(121_000);
  running.context.access.check();
  assert.deepEqual([...running.alerts], ['platform_unreachable']);
});
