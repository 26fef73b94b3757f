import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { previewReplay } from '../../src/processing/preview-replay.ts';
import { type DeliveryCriteria, replay } from '../../src/processing/replay.ts';
import { type EntityKey, entityKeyText, readStates } from '../../src/store/entities/states.ts';
import { at, toyOrder } from '../reconciliation/support.ts';
import { type TestContext, testWithContext } from '../support/context.ts';

const ALL: DeliveryCriteria = { ids: null, state: null, connection: null, subject: null, from: null, to: null };
const select = <Row>(test: TestContext, statement: string) => test.context.db.read.all<Row>(statement);
const states = async (test: TestContext) =>
  (await select<{ state: string }>(test, 'select state from deliveries order by seq')).map((row) => row.state);

/** Everything that a reader of the store can see, except what differs between runs: ids, and when we wrote it. */
async function contentHash(test: TestContext): Promise<string> {
  const known = await select<EntityKey>(test, 'select connection, kind, external_id as "externalId" from entities order by 1, 2, 3');
  const states = await readStates(test.context.db.read, known);
  const entities = known.map((key) => {
    const {
      id: _,
      createdAt: _made,
      updatedAt: _at,
      revision: _revision,
      lines,
      ...state
    } = states.get(entityKeyText(key)) ?? assert.fail();
    return { ...state, lines: [...lines.values()].map((line) => ({ ...line, removedAt: line.removedAt !== null })) };
  });
  const changes = await select(test, 'select external_id, version, action, lines from changes order by external_id, version');
  return createHash('sha256')
    .update(JSON.stringify([entities, changes]))
    .digest('hex');
}

const emptyStore = (test: TestContext) =>
  test.context.db.write(async (sql) => {
    for (const table of ['changes', 'entities', 'collisions']) await sql.all(`delete from ${table}`);
  });

testWithContext('a replay of everything into an empty store gives the same rows, from recorded responses', async (test) => {
  for (let n = 0; n < 12; n++) {
    const id = `PO${n % 4}`;
    await test.send({
      id: `e${n}`,
      type: 'order',
      order: { ...toyOrder(id, at(n), String(n)), lines: [{ id: String(n % 3), quantity: `${n}.50`, updatedAt: at(n) }] },
    });
  }
  await test.send({ id: 'old', type: 'order', order: toyOrder('PO1', at(-5), '99') });
  test.world.orders.set('PO9', toyOrder('PO9', at(20)));
  await test.send({ type: 'changed', subject: 'PO9' });
  await test.settle();
  const before = await contentHash(test);
  const fetches = test.world.fetches.length;
  test.world.orders.set('PO9', toyOrder('PO9', at(30), 'changed since'));
  await emptyStore(test);
  assert.notEqual(await contentHash(test), before);
  assert.equal(await replay(test.context, ALL, 'recorded'), 14);
  await test.settle();
  assert.equal(await contentHash(test), before);
  assert.equal(test.world.fetches.length, fetches, 'nothing was fetched again');
  const [{ causes } = { causes: '' }] = await select<{ causes: string }>(test, 'select min(cause_type) as causes from changes');
  assert.equal(causes, 'replay');
});

testWithContext('a replay that changes nothing creates no feed entry, and keeps the earlier attempts', async (test) => {
  await test.send({ id: 'e1', type: 'order', order: toyOrder('PO1', at(1)) });
  await test.settle();
  assert.equal(await replay(test.context, ALL, 'fresh'), 1);
  assert.deepEqual(await states(test), ['pending']);
  await test.settle();
  assert.deepEqual(await states(test), ['done']);
  assert.equal((await select(test, 'select seq from changes')).length, 1);
  const [row] = await select<{ attempts: string; replay: string | null }>(test, 'select attempts, replay from deliveries');
  assert.equal(JSON.parse(row?.attempts ?? '').length, 2);
  assert.equal(row?.replay, null);
});

testWithContext('a fresh replay fetches from the platform again', async (test) => {
  test.world.orders.set('PO1', toyOrder('PO1', at(1), '1'));
  await test.send({ type: 'changed', subject: 'PO1' });
  await test.settle();
  test.world.orders.set('PO1', toyOrder('PO1', at(2), '2'));
  await replay(test.context, ALL, 'fresh');
  await test.settle();
  assert.deepEqual(test.world.fetches, ['PO1', 'PO1']);
  assert.equal((await select(test, 'select seq from changes')).length, 2);
});

testWithContext('only deliveries that match the filter and have finished are replayed', async (test) => {
  await test.send({ id: 'e1', type: 'order', order: toyOrder('PO1', at(1)) });
  await test.send({ id: 'e2', type: 'unheard-of', subject: 'PO2' });
  await test.settle();
  test.clock.advance(1000);
  await test.send({ id: 'e3', type: 'order', order: toyOrder('PO3', at(1)) });
  assert.deepEqual(await states(test), ['done', 'ignored', 'pending']);
  assert.equal(await replay(test.context, { ...ALL, state: 'dead' }, 'fresh'), 0);
  assert.equal(await replay(test.context, { ...ALL, connection: 'other' }, 'fresh'), 0);
  assert.equal(await replay(test.context, { ...ALL, from: test.clock.now().toISOString() }, 'fresh'), 0);
  assert.equal(await replay(test.context, { ...ALL, subject: 'order:PO1', to: test.clock.now().toISOString() }, 'fresh'), 1);
  assert.equal(await replay(test.context, { ...ALL, state: 'ignored' }, 'fresh'), 1);
  assert.deepEqual(await states(test), ['pending', 'pending', 'pending']);
});

testWithContext('a delivery whose body was deleted is not replayed; requested by its id it is rejected', async (test) => {
  await test.send({ id: 'e1', type: 'order', order: toyOrder('PO1', at(1)) });
  await test.settle();
  await test.context.db.write((sql) => sql.all('delete from delivery_contents'));
  const [row] = await select<{ id: string }>(test, 'select id from deliveries');
  assert.equal(await replay(test.context, ALL, 'fresh'), 0);
  await assert.rejects(replay(test.context, { ...ALL, ids: [row?.id ?? ''] }, 'fresh'), { code: 'body_gone', status: 409 });
});

testWithContext('a preview shows what a replay would change, and changes nothing', async (test) => {
  await test.send({ id: 'e1', type: 'order', order: toyOrder('PO1', at(1), '10') });
  test.world.orders.set('PO2', toyOrder('PO2', at(1), '1'));
  await test.send({ type: 'changed', subject: 'PO2' });
  await test.settle();
  const nothing = await previewReplay(test.context, ALL, 'recorded');
  assert.deepEqual([nothing.number, nothing.changes, nothing.complete], [2, [], true]);
  test.world.orders.set('PO2', toyOrder('PO2', at(2), '2'));
  await test.context.db.write(async (sql) => {
    await sql.all("delete from changes where external_id = 'PO1'");
    await sql.all("delete from entities where external_id = 'PO1'");
  });
  const before = await contentHash(test);
  const preview = await previewReplay(test.context, ALL, 'fresh');
  assert.equal(preview.number, 2);
  assert.equal(preview.complete, true);
  assert.deepEqual(
    preview.changes.map((change) => [change.externalId, change.action, change.lines]),
    [
      ['PO1', 'created', ['1']],
      ['PO2', 'updated', ['1']],
    ],
  );
  assert.deepEqual(preview.changes[1]?.diff, [{ path: '/lines/1/quantity', before: '1', after: '2' }]);
  assert.equal(await contentHash(test), before);
  assert.deepEqual(await states(test), ['done', 'done']);
  assert.equal((await select(test, 'select * from collisions')).length, 0);
});

testWithContext('a preview waits for no writer, and each delivery builds on the previous one', async (test) => {
  for (const n of [1, 2, 3]) await test.send({ id: `e${n}`, type: 'order', order: toyOrder('PO1', at(n), String(n)) });
  await test.settle();
  // An open transaction that has written the order and the feed: waiting for it here would never end.
  await test.context.db.write(async (sql) => {
    await sql.all('update entities set revision = revision + 1');
    const unchanged = await previewReplay(test.context, ALL, 'fresh');
    assert.deepEqual([unchanged.compared, unchanged.changes], [3, []]);
  });
  await emptyStore(test);
  const { changes } = await previewReplay(test.context, ALL, 'fresh');
  assert.deepEqual(
    changes.map(({ action, externalId }) => `${action} ${externalId}`),
    ['created PO1', 'updated PO1', 'updated PO1'],
  );
  assert.deepEqual(
    changes
      .slice(1)
      .flatMap(({ diff }) => diff.filter(({ path }) => path.endsWith('/quantity')).map(({ before, after }) => [before, after])),
    [
      ['1', '2'],
      ['2', '3'],
    ],
  );
  assert.equal((await select(test, 'select 1 from entities')).length, 0);
});

testWithContext('a preview that could not cover everything says so', async (test) => {
  await test.send({ type: 'changed', subject: 'PO1' });
  test.world.orders.set('PO1', toyOrder('PO1', at(1)));
  await test.settle();
  test.world.failures = [new Error('gone')];
  assert.equal((await previewReplay(test.context, ALL, 'fresh')).complete, false);
});

testWithContext('a preview lists deliveries that could not be applied, and compares all others', async (test) => {
  await test.send({ id: 'e1', type: 'order', order: { ...toyOrder('PO1', at(1)), status: 's'.repeat(1001) } });
  await test.send({ id: 'e2', type: 'order', order: toyOrder('PO2', at(1)) });
  await test.settle();
  assert.deepEqual(await states(test), ['dead', 'done']);
  const [dead] = await select<{ id: string; error: string }>(test, "select id, error from deliveries where state = 'dead'");
  await emptyStore(test);
  const { number, complete, compared, changes, failures } = await previewReplay(test.context, ALL, 'fresh');
  assert.deepEqual([number, complete, compared], [2, false, 2]);
  assert.deepEqual(failures, [{ error: dead?.error, count: 1, sampleId: dead?.id }]);
  assert.deepEqual(
    changes.map(({ action, externalId }) => `${action} ${externalId}`),
    ['created PO2'],
  );
});
