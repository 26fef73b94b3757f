import assert from 'node:assert/strict';
import type { Context } from '../../src/context.ts';
import { startWorker } from '../../src/processing/worker.ts';
import { type TestContext, testWithContext } from '../support/context.ts';
import { until } from '../support/until.ts';

const AT = '2026-03-01T07:00:00.000Z';
const DELIVERIES = 1000;
const order = (id: string, comment = '') => ({ id, updatedAt: AT, lines: [{ id: '1', quantity: '1', updatedAt: AT, comment }] });

/** The same, with the number of deliveries that each committed transaction completed. */
function counting({ context }: TestContext): { context: Context; sizes: number[] } {
  const sizes: number[] = [];
  const change: Context['db']['change'] = async (prepare, write) => {
    const result = await context.db.change(prepare, write);
    if (typeof result === 'object' && result !== null && 'ends' in result && Array.isArray(result.ends) && result.ends.length > 0)
      sizes.push(result.ends.length);
    return result;
  };
  return { context: { ...context, db: { ...context.db, change } }, sizes };
}

const sendAll = (run: TestContext, count: number, comment?: string) =>
  Promise.all(Array.from({ length: count }, (_, n) => run.send({ id: `e-${n}`, type: 'order', order: order(`PO${n}`, comment) })));

async function workOff(run: TestContext): Promise<number[]> {
  const { context, sizes } = counting(run);
  const worker = startWorker(context);
  const left = async () =>
    Number(
      (await run.context.db.read.all<{ count: number | string }>(`select count(*) as count from deliveries where state <> 'done'`))[0]
        ?.count,
    );
  await until('every delivery is done', left, (count) => count === 0, run.log.written);
  await worker.stop();
  return sizes;
}

testWithContext('a large backlog is processed in growing transactions: every delivery once, one feed entry each, no gap', async (run) => {
  await sendAll(run, DELIVERIES);
  const sizes = await workOff(run);
  assert.equal(sizes[0], 100);
  assert.ok(Math.max(...sizes) >= 200 && Math.max(...sizes) <= 400, `${sizes}`);
  assert.equal(
    sizes.reduce((sum, size) => sum + size, 0),
    DELIVERIES,
  );
  const attempts = await run.context.db.read.all<{ attempts: string }>('select attempts from deliveries');
  assert.ok(attempts.every((row) => JSON.parse(row.attempts).length === 1));
  const changes = await run.context.db.read.all<{ seq: number | string; external_id: string; version: number }>(
    'select seq, external_id, version from changes order by seq',
  );
  assert.deepEqual(
    changes.map(({ seq }) => Number(seq)),
    Array.from({ length: DELIVERIES }, (_, index) => index + 1),
  );
  assert.ok(changes.every(({ version }) => version === 1));
  assert.equal(new Set(changes.map((change) => change.external_id)).size, DELIVERIES);
});

testWithContext('a transaction contains no more than 4 MiB of bodies, however many deliveries are pending', async (run) => {
  await sendAll(run, 90, 'x'.repeat(100_000));
  const sizes = await workOff(run);
  assert.ok(
    sizes.every((size) => size <= 39),
    `${sizes}`,
  );
  assert.equal(
    sizes.reduce((sum, size) => sum + size, 0),
    90,
  );
});
