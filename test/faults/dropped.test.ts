import assert from 'node:assert/strict';
import type { Context } from '../../src/context.ts';
import { Unavailable } from '../../src/domain/errors.ts';
import { renewDeliveryLeases } from '../../src/processing/delivery-leases.ts';
import { processNotifications } from '../../src/processing/fetch-resources.ts';
import { claimOptions, processDeliveries, whileInFlight } from '../../src/processing/process-deliveries.ts';
import { claimDeliveries } from '../../src/store/deliveries/claim.ts';
import type { Sql } from '../../src/store/engine/database.ts';
import { acquireLease } from '../../src/store/engine/leases.ts';
import { type TestContext, testWithContext } from '../support/context.ts';

const order = (id: string, quantity: string, updatedAt: string) => ({ id, updatedAt, lines: [{ id: '1', quantity, updatedAt }] });
const AT = '2026-03-01T07:00:00.000Z';

/** The same, with a database that becomes unavailable after so many writes. */
const losing = ({ context }: TestContext, afterWrites: number): Context => {
  let writes = 0;
  const write: Context['db']['write'] = (work) =>
    ++writes > afterWrites ? Promise.reject(new Unavailable('database_unavailable', 'It is away.')) : context.db.write(work);
  const change: Context['db']['change'] = () => Promise.reject(new Unavailable('database_unavailable', 'It is away.'));
  return { ...context, db: { ...context.db, write, change } };
};

const states = async ({ context }: TestContext) =>
  (await context.db.read.all<{ state: string }>('select state from deliveries order by seq')).map((row) => row.state);

testWithContext(
  'deliveries that were claimed when the database became unavailable are claimed again, however long this process lives',
  async (run) => {
    for (const id of ['PO1', 'PO2']) await run.send({ id: `m-${id}`, type: 'order', order: order(id, '1', AT) });
    await assert.rejects(processDeliveries(losing(run, 0)), { code: 'database_unavailable' });
    assert.deepEqual(await states(run), ['pending', 'pending'], 'what is taken and ended in one transaction is never seen as taken');
    run.world.orders.set('PO3', order('PO3', '1', AT));
    await run.send({ id: 'n-1', type: 'changed', subject: 'PO3' });
    await assert.rejects(processNotifications(losing(run, 1), run.connection), { code: 'database_unavailable' });
    assert.deepEqual(await states(run), ['pending', 'pending', 'working']);
    await renewDeliveryLeases(run.context);
    assert.deepEqual(await states(run), ['pending', 'pending', 'working'], 'what was only just taken is left alone');
    run.clock.advance(5000);
    await renewDeliveryLeases(run.context);
    assert.deepEqual(await states(run), ['pending', 'pending', 'pending']);
    await run.settle();
    assert.deepEqual(await states(run), ['done', 'done', 'done']);
    assert.equal((await run.context.db.read.all('select seq from changes')).length, 3);
  },
);

testWithContext('a claimed delivery stays claimed, however long its processing takes', async (run) => {
  await run.send({ id: 'm-1', type: 'order', order: order('PO1', '1', AT) });
  const other = await run.another('two:0:test');
  try {
    const claimed = await run.context.db.write((sql) => claimDeliveries(sql, claimOptions(run.context, false, null, 10)));
    await whileInFlight(run.context, claimed, async () => {
      for (let beat = 0; beat < 12; beat++) {
        run.clock.advance(5000);
        await renewDeliveryLeases(run.context);
        await renewDeliveryLeases(other.context);
        assert.deepEqual(await states(run), ['working']);
      }
    });
    run.clock.advance(31_000);
    await renewDeliveryLeases(other.context);
    assert.deepEqual(await states(run), ['pending'], 'without its beats another process takes it over');
  } finally {
    await other.close();
  }
});

testWithContext('a process whose deliveries were taken over leaves them to the other process and continues', async (run) => {
  run.world.orders.set('PO1', order('PO1', '1', AT));
  await run.send({ id: 'n-1', type: 'changed', subject: 'PO1' });
  const other = await run.another('two:0:test');
  try {
    const frozen: Context = {
      ...run.context,
      db: {
        ...run.context.db,
        async write<T>(work: (sql: Sql) => Promise<T>) {
          const result = await run.context.db.write(work);
          if ((await states(run))[0] === 'working') {
            run.clock.advance(60_000);
            await renewDeliveryLeases(other.context);
            await processNotifications(other.context, other.connection);
          }
          return result;
        },
      },
    };
    await processNotifications(frozen, run.connection);
    assert.deepEqual(await states(run), ['done']);
    assert.equal((await run.context.db.read.all('select seq from changes')).length, 1);
    assert.ok(run.log.lines.some((line) => line.event === 'lease_lost'));
  } finally {
    await other.close();
  }
});

testWithContext('a call to the platform that was in progress when its process died does not delay the others', async (run) => {
  const now = run.clock.now().toISOString();
  const take = (name: string, owner: string) =>
    run.context.db.write((sql) =>
      acquireLease(sql, { name, owner, until: new Date(run.clock.now().getTime() + 20_000).toISOString() }, now),
    );
  await take('remote:toy', 'one:999999999:killed');
  await take('remote:other', 'elsewhere:5:alive');
  await renewDeliveryLeases({ ...run.context, processId: 'one:2:test' });
  assert.deepEqual([await take('remote:toy', 'new'), await take('remote:other', 'new')], [true, false]);
});
