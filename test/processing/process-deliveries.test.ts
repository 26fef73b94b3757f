import assert from 'node:assert/strict';
import { recoverLeases } from '../../src/processing/delivery-leases.ts';
import { processNotifications } from '../../src/processing/fetch-resources.ts';
import { claimOptions } from '../../src/processing/process-deliveries.ts';
import { claimDeliveries } from '../../src/store/deliveries/claim.ts';
import { readContents } from '../../src/store/deliveries/contents.ts';
import { type TestContext, testWithContext } from '../support/context.ts';
import { serverError, type ToyOrder } from '../support/toy-platform.ts';

const order = (updatedAt: string, lines: ToyOrder['lines'], status = 'Issued'): ToyOrder => ({ id: 'PO1', status, updatedAt, lines });
const line = (id: string, quantity: string, updatedAt: string) => ({ id, quantity, updatedAt });
const T1 = '2026-02-01T10:00:00.000Z';
const T2 = '2026-02-01T11:00:00.000Z';
const T3 = '2026-02-01T12:00:00.000Z';

interface FeedRow {
  action: string;
  version: number;
  lines: string;
  diff: string;
  cause_type: string;
}
const feed = (run: TestContext) =>
  run.context.db.read.all<FeedRow>('select action, version, lines, diff, cause_type from feed order by position');
const states = async (run: TestContext) =>
  (await run.context.db.read.all<{ state: string }>('select state from deliveries order by seq')).map((row) => row.state);

testWithContext('an event that changes one line creates one entry that names only that line, with before and after', async (run) => {
  await run.send({ id: 'e1', type: 'order', order: order(T1, [line('1', '10', T1), line('2', '5', T1)]) });
  await run.send({ id: 'e2', type: 'order', order: order(T2, [line('1', '8', T2), line('2', '5', T1)]) });
  await run.settle();
  const [created, changed, ...rest] = await feed(run);
  assert.equal(rest.length, 0);
  assert.equal(created?.action, 'created');
  assert.deepEqual(JSON.parse(created?.lines ?? ''), ['1', '2']);
  assert.deepEqual(JSON.parse(changed?.lines ?? ''), ['1']);
  assert.deepEqual(JSON.parse(changed?.diff ?? ''), [{ path: '/lines/1/quantity', before: '10', after: '8' }]);
  assert.deepEqual(await states(run), ['done', 'done']);
});

testWithContext('an older event has no effect and is counted as stale; an older event about another line is applied', async (run) => {
  await run.send({ id: 'e1', type: 'order', order: order(T2, [line('1', '10', T2)]) });
  await run.send({ id: 'e2', type: 'order', order: order(T1, [line('1', '3', T1)], 'Old') });
  await run.send({ id: 'e3', type: 'order', order: order(T1, [line('2', '7', T1)], 'Old') });
  await run.settle();
  const entries = await feed(run);
  assert.equal(entries.length, 2);
  assert.deepEqual(JSON.parse(entries[1]?.lines ?? ''), ['2']);
  const [row] = await run.context.db.read.all<{ status: string; last_updated_at: string }>('select status, last_updated_at from entities');
  assert.deepEqual({ ...row }, { status: 'Issued', last_updated_at: T2 });
  const [stale] = await run.context.db.read.all<{ count: number | string }>(`select count from collisions where reason = 'stale'`);
  assert.equal(Number(stale?.count), 3);
});

testWithContext('an equal time with equal content is not new; with different content it is applied and counted', async (run) => {
  await run.send({ id: 'e1', type: 'order', order: order(T1, [line('1', '10', T1)]) });
  await run.send({ id: 'e2', type: 'order', order: order(T1, [line('1', '10', T1)]) });
  await run.settle();
  assert.equal((await feed(run)).length, 1);
  await run.send({ id: 'e3', type: 'order', order: order(T1, [line('1', '11', T1)]) });
  await run.settle();
  assert.equal((await feed(run)).length, 2);
  const [collision] = await run.context.db.read.all<{ count: number | string }>(`select count from collisions where reason = 'collision'`);
  assert.equal(Number(collision?.count), 1);
});

testWithContext('pending notifications about one resource are served by one fetch, and a missing line is marked removed', async (run) => {
  await run.send({ id: 'e1', type: 'order', order: order(T1, [line('1', '10', T1), line('2', '5', T1)]) });
  await run.settle();
  run.world.orders.set('PO1', order(T2, [line('1', '10', T1), line('3', '1', T2)]));
  for (const id of ['n1', 'n2', 'n3']) await run.send({ id, type: 'changed', subject: 'PO1' });
  await run.settle();
  assert.deepEqual(run.world.fetches, ['PO1']);
  assert.deepEqual(await states(run), ['done', 'done', 'done', 'done']);
  const [, change] = await feed(run);
  assert.deepEqual(JSON.parse(change?.lines ?? ''), ['3', '2']);
  const removed = await run.context.db.read.all<{ external_id: string }>(
    'select external_id from order_lines where removed_at is not null',
  );
  assert.deepEqual(
    removed.map((row) => row.external_id),
    ['2'],
  );
});

testWithContext('a notification without an id joins a pending one, and is new once that one is being processed', async (run) => {
  const first = await run.send({ type: 'changed', subject: 'PO1' });
  const second = await run.send({ type: 'changed', subject: 'PO1' });
  assert.equal(first.status, 'accepted');
  assert.deepEqual(second, { ...first, status: 'duplicate' });
  await run.context.db.write((sql) => claimDeliveries(sql, claimOptions(run.context, true, 'toy', 10)));
  const third = await run.send({ type: 'changed', subject: 'PO1' });
  assert.equal(third.status, 'accepted');
});

testWithContext('a failing fetch is retried with backoff, and delays later deliveries of the same resource', async (run) => {
  run.world.orders.set('PO1', order(T1, [line('1', '10', T1)]));
  run.world.failures.push(serverError());
  await run.send({ id: 'n1', type: 'changed', subject: 'PO1' });
  await run.send({ id: 'e1', type: 'order', order: order(T2, [line('1', '9', T2)]) });
  await run.settle();
  assert.deepEqual(await states(run), ['pending', 'pending']);
  run.clock.advance(5000);
  await run.settle();
  assert.deepEqual(await states(run), ['done', 'done']);
  assert.deepEqual(run.world.fetches, ['PO1', 'PO1']);
});

testWithContext(
  'a resource that the platform does not know is requested three more times, then the delivery is dead and raises an alert',
  async (run) => {
    await run.send({ id: 'n1', type: 'changed', subject: 'PO9' });
    for (let round = 0; round < 10; round++) {
      await run.settle();
      run.clock.advance(3_600_000);
    }
    assert.equal(run.world.fetches.length, 4);
    assert.deepEqual(await states(run), ['dead']);
    assert.deepEqual(
      run.alerts.map((alert) => alert.code),
      ['delivery_dead'],
    );
  },
);

testWithContext('a resource that no longer exists does not delay the delivery of its deletion', async (run) => {
  await run.send({ id: 'n1', type: 'changed', subject: 'PO7' });
  await run.send({ id: 'd1', type: 'deleted', subject: 'PO7' });
  await run.settle();
  assert.deepEqual(await states(run), ['ignored', 'done']);
  assert.deepEqual(
    (await feed(run)).map((change) => change.action),
    ['deleted'],
  );
});

testWithContext('a delivery that always throws is tried twelve times and never delays others', async (run) => {
  await run.send({ id: 'p1', type: 'boom', subject: 'PO2' });
  await run.send({ id: 'e1', type: 'order', order: order(T1, [line('1', '1', T1)]) });
  await run.settle();
  assert.deepEqual(await states(run), ['pending', 'done']);
  for (let round = 0; round < 20; round++) {
    run.clock.advance(24 * 3_600_000);
    await run.settle();
  }
  assert.deepEqual(await states(run), ['dead', 'done']);
  const [row] = await run.context.db.read.all<{ attempts: string }>('select attempts from deliveries order by seq limit 1');
  assert.equal(JSON.parse(row?.attempts ?? '').length, 12);
});

testWithContext('a delivery held by a dead process is processed exactly once by another', async (run) => {
  await run.send({ id: 'e1', type: 'order', order: order(T1, [line('1', '1', T1)]) });
  const lost = await run.another('two:0:gone');
  await lost.context.db.write((sql) => claimDeliveries(sql, claimOptions(lost.context, false, null, 10)));
  await lost.close();
  await run.settle();
  assert.deepEqual(await states(run), ['working']);
  run.clock.advance(60_000);
  await recoverLeases(run.context);
  await run.settle();
  assert.deepEqual(await states(run), ['done']);
  assert.equal((await feed(run)).length, 1);
});

testWithContext('of two hundred identical concurrent requests to two processes exactly one is accepted', async (run) => {
  const other = await run.another('two:0:other');
  const event = { id: 'e1', type: 'order', order: order(T3, [line('1', '1', T3)]) };
  const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => (i % 2 ? run : other).send(event)));
  await other.close();
  assert.equal(answers.filter((answer) => answer.status === 'accepted').length, 1);
  const ids = new Set(answers.map((answer) => ('deliveryId' in answer ? answer.deliveryId : '')));
  assert.equal(ids.size, 1);
  const [row] = await run.context.db.read.all<{ duplicates: number }>('select duplicates from deliveries');
  assert.equal(row?.duplicates, 199);
});

testWithContext('a known id with a different body is stored as a separate delivery, and both are flagged', async (run) => {
  const first = await run.send({ id: 'e1', type: 'order', order: order(T1, [line('1', '1', T1)]) });
  const other = await run.send({ id: 'e1', type: 'order', order: order(T2, [line('1', '2', T2)]) });
  const again = await run.send({ id: 'e1', type: 'order', order: order(T2, [line('1', '2', T2)]) });
  for (const answer of [other, again]) assert.deepEqual(answer, { ...first, status: 'duplicate', conflict: true });
  const rows = await run.context.db.read.all<{ conflict: unknown }>('select conflict from deliveries');
  assert.ok(rows.length === 2 && rows.every((row) => row.conflict === true || row.conflict === 1));
});

testWithContext(
  'a repeat is known by its digest once its body is deleted, also by the longer ones that were stored until 2026-11',
  async (run) => {
    const event = { id: 'e1', type: 'order', order: order(T1, [line('1', '1', T1)]) };
    const first = await run.send(event);
    const { db } = run.context;
    await db.write((sql) => sql.all('delete from delivery_contents'));
    assert.deepEqual(await run.send(event), { ...first, status: 'duplicate' });
    const [row] = await db.read.all<{ digest: string }>('select body_sha256 as digest from deliveries');
    const older = Buffer.from(row?.digest ?? '', 'base64url').toString('hex');
    assert.equal(older.length, 64);
    await db.write((sql) => sql.all('update deliveries set body_sha256 = ?', [older]));
    assert.deepEqual(await run.send(event), { ...first, status: 'duplicate' });
    const other = await run.send({ ...event, order: order(T2, [line('1', '2', T2)]) });
    assert.deepEqual(other, { ...first, status: 'duplicate', conflict: true });
  },
);

testWithContext('a body that cannot be read is rejected and stored as a dead delivery with its bytes', async (run) => {
  await assert.rejects(
    run.receiver.receive(run.connection, { ...(await raw(run, '{"broken')) }, { accepts: async () => false, now: run.clock.now() }),
    { code: 'invalid_body' },
  );
  const [row] = await run.context.db.read.all<{ seq: number | string; state: string }>('select seq, state from deliveries');
  const contents = await readContents(run.context.db.read, Number(row?.seq));
  assert.deepEqual([row?.state, contents?.body.toString()], ['dead', '{"broken']);
});

testWithContext('while fetches of one connection fail, nothing is claimed twice', async (run) => {
  run.world.failures.push(serverError());
  await run.send({ id: 'n1', type: 'changed', subject: 'PO1' });
  assert.equal(await processNotifications(run.context, run.connection), 1);
  assert.equal(await processNotifications(run.context, run.connection), 0);
});

async function raw(run: TestContext, body: string) {
  const { inbound } = await import('../support/context.ts');
  return inbound(body, run.clock);
}
