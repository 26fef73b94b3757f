import assert from 'node:assert/strict';
import { claimOptions } from '../../src/processing/process-deliveries.ts';
import { claimDeliveries } from '../../src/store/deliveries/claim.ts';
import { insertDeliveries } from '../../src/store/deliveries/insert.ts';
import { type TestContext, testWithContext } from '../support/context.ts';

interface Row {
  id: string;
  state: string;
  conflict: unknown;
  dedupe_key: string;
}

const rows = ({ context }: TestContext) => context.db.read.all<Row>('select id, state, conflict, dedupe_key from deliveries order by seq');

/** A notification as intake stores it; `before` runs between its insertion and the lookup of known keys. */
async function keep(run: TestContext, before: () => Promise<unknown>, id = run.context.makeId()) {
  const arrival = {
    connection: 'toy',
    platform: 'toy',
    method: 'POST' as const,
    path: '',
    headers: {},
    body: Buffer.from('{}'),
    contentType: null,
    receivedAt: run.clock.now().toISOString(),
    credential: 'secret[0]',
    dedupeKey: 'notification:order:PO1',
    mergeable: true,
    eventId: null,
    eventType: 'changed',
    subject: 'order:PO1',
    notification: true,
    state: 'pending' as const,
    error: null,
  };
  const { db } = run.context;
  const write: typeof db.write = async (work) => {
    await before();
    return db.write(work);
  };
  return insertDeliveries({ ...db, write }, [{ ...arrival, id }]);
}

testWithContext('a notification that coincides with the claim of an earlier one is accepted as new', async (run) => {
  await keep(run, async () => {});
  const [kept] = await keep(run, () => run.context.db.write((sql) => claimDeliveries(sql, claimOptions(run.context, true, 'toy', 5))));
  const [first, second, ...others] = await rows(run);
  assert.deepEqual(kept, { status: 'accepted', deliveryId: second?.id });
  assert.deepEqual([first?.state, second?.state, others], ['working', 'pending', []]);
  assert.deepEqual([Boolean(second?.conflict), second?.dedupe_key], [false, 'notification:order:PO1']);
});

testWithContext('a delivery that was stored before its group failed is still accepted when it is stored individually', async (run) => {
  const id = run.context.makeId();
  await keep(run, async () => {}, id);
  assert.deepEqual(await keep(run, async () => {}, id), [{ status: 'accepted', deliveryId: id }]);
  assert.equal((await rows(run)).length, 1);
});
