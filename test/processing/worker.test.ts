import assert from 'node:assert/strict';
import { startWorker } from '../../src/processing/worker.ts';
import { type TestContext, testWithContext } from '../support/context.ts';
import { until } from '../support/until.ts';

const AT = '2026-03-01T08:00:00.000Z';

const states = async ({ context }: TestContext): Promise<string[]> =>
  (await context.db.read.all<{ state: string }>('select state from deliveries order by seq')).map(({ state }) => state);

const reach = (run: TestContext, wanted: readonly string[]) =>
  until(
    `the deliveries are ${wanted}`,
    () => states(run),
    (found) => found.join() === wanted.join(),
    run.log.written,
  );

testWithContext('a slow fetch delays only its own resource, in its batch and after it', async (run) => {
  const answered = Promise.withResolvers<void>();
  run.world.slow.set('A', answered.promise);
  for (const id of ['A', 'B', 'C']) run.world.orders.set(id, { id, updatedAt: AT, lines: [] });
  await run.send({ type: 'changed', subject: 'A' });
  await run.send({ type: 'changed', subject: 'B' });
  const worker = startWorker(run.context);
  await reach(run, ['working', 'done']);
  await run.send({ type: 'changed', subject: 'C' });
  await run.send({ id: 'own', type: 'changed', subject: 'A' });
  await reach(run, ['working', 'done', 'done', 'pending']);
  assert.deepEqual(run.world.fetches.toSorted(), ['A', 'B', 'C']);
  answered.resolve();
  await reach(run, ['done', 'done', 'done', 'done']);
  await worker.stop();
});

testWithContext('a worker that has had nothing to do for hours notices what another process stores', async (run) => {
  for (const id of ['A', 'B']) run.world.orders.set(id, { id, updatedAt: AT, lines: [] });
  const worker = startWorker(run.context);
  await run.send({ id: 'own', type: 'changed', subject: 'A' });
  await reach(run, ['done']);
  run.clock.advance(6 * 3_600_000);
  const other = await run.another('other');
  await other.send({ id: 'theirs', type: 'changed', subject: 'B' });
  await reach(run, ['done', 'done']);
  await other.close();
  await worker.stop();
});
