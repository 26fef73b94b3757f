import assert from 'node:assert/strict';
import { acknowledge, confirmPosition, DEFAULT_CONSUMER, recordRead, registerConsumer, requireConsumer } from '../../src/feed/consumers.ts';
import { findPosition } from '../../src/feed/find-position.ts';
import { saveReceipts } from '../../src/feed/receipts.ts';
import { enforceRetention } from '../../src/jobs/retention.ts';
import { packContents } from '../../src/store/deliveries/contents.ts';
import { readConsumer } from '../../src/store/feed/list-consumers.ts';
import { readFeed } from '../../src/store/feed/read-changes.ts';
import { readPositions } from '../../src/store/feed/read-positions.ts';
import { at, toyOrder } from '../reconciliation/support.ts';
import { type TestContext, testWithContext } from '../support/context.ts';

const DAY_MS = 86_400_000;
const sweep = (test: TestContext) => enforceRetention(test.context, { retentionDays: 90 });
const select = <Row>(test: TestContext, statement: string) => test.context.db.read.all<Row>(statement);
const cursors = async (test: TestContext) =>
  (await select<{ seq: number | string }>(test, 'select seq from changes order by seq')).map((row) => String(row.seq));

testWithContext(
  'the body of a finished delivery is deleted after the retention time; its row and dedupe key stay four times as long',
  async (test) => {
    test.world.orders.set('PO2', toyOrder('PO2', at(1)));
    await test.send({ id: 'e1', type: 'order', order: toyOrder('PO1', at(1)) });
    await test.send({ id: 'e2', type: 'changed', subject: 'PO2' });
    await test.settle();
    test.clock.advance(89 * DAY_MS);
    assert.equal((await sweep(test)).emptied, 0);
    test.clock.advance(2 * DAY_MS);
    assert.equal((await sweep(test)).emptied, 2);
    assert.deepEqual(await select(test, 'select seq from delivery_contents'), []);
    assert.equal((await sweep(test)).emptied, 0);
    assert.equal((await test.send({ id: 'e1', type: 'order', order: toyOrder('PO1', at(1)) })).status, 'duplicate');
    test.clock.advance(268 * DAY_MS);
    assert.equal((await sweep(test)).deleted, 0);
    test.clock.advance(2 * DAY_MS);
    assert.equal((await sweep(test)).deleted, 2);
    assert.equal((await test.send({ id: 'e1', type: 'order', order: toyOrder('PO1', at(1)) })).status, 'accepted');
  },
);

testWithContext('pending and dead deliveries keep their bodies', async (test) => {
  await test.send({ id: 'e1', type: 'boom', order: toyOrder('PO1', at(1)) });
  for (let n = 0; n < 12; n++) {
    await test.settle();
    test.clock.advance(DAY_MS);
  }
  await test.send({ id: 'e2', type: 'order', order: toyOrder('PO2', at(1)) });
  test.clock.advance(100 * DAY_MS);
  await sweep(test);
  const rows = await select<{ state: string; packed: unknown }>(
    test,
    'select state, packed from deliveries left join delivery_contents using (seq) order by deliveries.seq',
  );
  assert.deepEqual(
    rows.map((row) => [row.state, row.packed === null]),
    [
      ['dead', false],
      ['pending', false],
    ],
  );
});

testWithContext('old changes are deleted once every consumer has passed them, together with their receipts', async (test) => {
  for (let n = 1; n <= 3; n++) await test.send({ id: `e${n}`, type: 'order', order: toyOrder(`PO${n}`, at(n)) });
  await test.settle();
  const [first = '', second = ''] = await cursors(test);
  for (const name of ['fast', 'slow']) await registerConsumer(test.context, name, null);
  await saveReceipts(
    test.context,
    'fast',
    [first, second].map((position) => ({ at: { position, check: null }, status: 'booked', reference: null, reason: null })),
  );
  test.clock.advance(91 * DAY_MS);
  await acknowledge(test.context, 'fast', second, true);
  assert.equal((await sweep(test)).changes, 0);
  assert.equal((await cursors(test)).length, 3);
  await acknowledge(test.context, 'slow', first, true);
  assert.equal((await sweep(test)).changes, 1);
  assert.equal((await cursors(test)).length, 2);
  assert.equal((await select(test, 'select * from receipts')).length, 1);
});

testWithContext(
  'a reader at the end of retention continues; one behind it is told where to continue, after twice the time at the latest',
  async (test) => {
    for (let n = 1; n <= 3; n++) await test.send({ id: `e${n}`, type: 'order', order: toyOrder(`PO${n}`, at(n)) });
    await test.settle();
    await registerConsumer(test.context, 'slow', null);
    await registerConsumer(test.context, 'items', { ...DEFAULT_CONSUMER, filter: { kinds: ['item'], connections: null } });
    const read = test.context.db.read;
    const { latest } = await readPositions(read, '0');
    const [first = ''] = (await readFeed(read, DEFAULT_CONSUMER.filter, { after: '0', upTo: latest.position, limit: 1 })).map(
      (row) => row.cursor,
    );
    test.clock.advance(91 * DAY_MS);
    assert.equal((await sweep(test)).changes, 0, 'the slow one has not read them yet');
    test.clock.advance(90 * DAY_MS);
    assert.equal((await sweep(test)).changes, 3);
    assert.equal((await findPosition(read, latest.cursor)).position, latest.position);
    await assert.rejects(findPosition(read, first), {
      status: 410,
      code: 'feed_diverged',
      members: { oldest: latest.cursor, latest: latest.cursor },
    });
    const standing = async (name: string) => confirmPosition(read, await requireConsumer(read, name));
    await assert.rejects(standing('slow'), { status: 410, code: 'feed_diverged' });
    assert.deepEqual(await standing('items'), latest, 'nothing that it reads was deleted');
    await acknowledge(test.context, 'slow', latest.cursor, false);
    assert.deepEqual(await standing('slow'), latest);
    await registerConsumer(test.context, 'new', null);
    assert.deepEqual(await standing('new'), latest);
  },
);

testWithContext('without a consumer old changes are deleted; recent ones stay', async (test) => {
  await test.send({ id: 'e1', type: 'order', order: toyOrder('PO1', at(1)) });
  await test.settle();
  test.clock.advance(91 * DAY_MS);
  await test.send({ id: 'e2', type: 'order', order: toyOrder('PO2', at(1)) });
  await test.settle();
  assert.equal((await sweep(test)).changes, 1);
  assert.equal((await cursors(test)).length, 1);
});

testWithContext('an abandoned consumer that delays the deletion of changes raises an alert; reading again resolves it', async (test) => {
  await test.send({ id: 'e1', type: 'order', order: toyOrder('PO1', at(1)) });
  await test.settle();
  await registerConsumer(test.context, 'erp', null);
  await sweep(test);
  assert.equal(test.alerts.length, 0);
  test.clock.advance(91 * DAY_MS);
  await sweep(test);
  assert.deepEqual(
    test.alerts.map((alert) => [alert.code, alert.details.consumers]),
    [['consumer_forgotten', 'erp']],
  );
  const consumer = await readConsumer(test.context.db.read, 'erp');
  if (!consumer) throw new Error('There is no consumer.');
  const [cursor = ''] = await cursors(test);
  await recordRead(test.context, consumer, { position: cursor, cursor });
  await sweep(test);
  assert.equal(test.alerts.length, 1);
});

testWithContext('a sweep of many rows runs in steps, between which intake continues', async (test) => {
  const now = test.clock.now().toISOString();
  for (let n = 0; n < 1200; n++)
    await test.context.db.write((sql) =>
      sql.all("insert into refusals (connection, at, status, code) values ('toy', ?, 401, 'unauthorized')", [now]),
    );
  await test.context.db.write(async (sql) => {
    await sql.all(
      `insert into deliveries (id, connection, platform, dedupe_key, state, method, path, notification, mergeable, received_at, finished_at, next_attempt_at, body_sha256)
         select 'd' || code || seq, 'toy', 'toy', code || seq, 'done', 'POST', '', ?, ?, at, at, at, '' from refusals`,
      [false, false],
    );
    await sql.all(`insert into delivery_contents (seq, packed, body_bytes) select seq, ?, 1 from deliveries`, [
      await packContents('{}', Buffer.from('x')),
    ]);
  });
  test.clock.advance(91 * DAY_MS);
  let longest = 0;
  let receiving = true;
  const receive = async () => {
    for (let n = 0; receiving; n++) {
      const writes = test.context.db.write(async (sql) => sql.all('select 1'));
      await writes;
      longest = n;
    }
  };
  const received = receive();
  const swept = await sweep(test);
  receiving = false;
  await received;
  assert.equal(swept.emptied, 1200);
  assert.equal(longest >= 3, true, 'other writers had a turn between the steps');
  assert.equal((await select(test, 'select seq from refusals')).length, 0);
});
