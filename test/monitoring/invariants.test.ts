import assert from 'node:assert/strict';
import { enforceRetention } from '../../src/jobs/retention.ts';
import { checkConnections } from '../../src/monitoring/check-connections.ts';
import { createInvariantChecker } from '../../src/monitoring/invariants.ts';
import { claimOptions } from '../../src/processing/process-deliveries.ts';
import { claimDeliveries } from '../../src/store/deliveries/claim.ts';
import { at, toyOrder } from '../reconciliation/support.ts';
import { inbound, type TestContext, testWithContext } from '../support/context.ts';

const write = (test: TestContext, statement: string) => test.context.db.write((sql) => sql.all(statement));
const broken = async (test: TestContext) =>
  (await createInvariantChecker(test.context).check()).checks.filter((one) => one.violations > 0).map((one) => [one.name, one.violations]);

async function threeVersions(test: TestContext): Promise<void> {
  for (let n = 1; n <= 3; n++) await test.send({ id: `e${n}`, type: 'order', order: toyOrder('PO1', at(n), String(n)) });
  await test.send({ id: 'e4', type: 'order', order: toyOrder('PO2', at(4)) });
  await test.settle();
}

testWithContext('in a store that only the service has written to, all invariants hold', async (test) => {
  await threeVersions(test);
  const watch = createInvariantChecker(test.context);
  assert.equal(watch.last(), null);
  const found = await watch.check();
  assert.equal(found.violations, 0);
  assert.deepEqual(
    found.checks.map((one) => one.name),
    ['deliveries_leased', 'deliveries_end', 'versions_reported', 'versions_without_hole'],
  );
  assert.equal(watch.last(), found);
});

testWithContext('a version without its feed entry is detected and raises an alert', async (test) => {
  await threeVersions(test);
  await write(test, "update entities set version = version + 1 where external_id = 'PO2'");
  const watch = createInvariantChecker(test.context);
  const { violations, checks } = await watch.check();
  assert.equal(violations, 1);
  assert.equal(checks.find((one) => one.name === 'versions_reported')?.sample?.length, 1);
  assert.equal(test.alerts.at(-1)?.code, 'invariant_violated');
  await write(test, "update entities set version = version - 1 where external_id = 'PO2'");
  assert.equal((await watch.check()).violations, 0);
});

testWithContext('a missing version of an entity is detected', async (test) => {
  await threeVersions(test);
  await write(test, "delete from changes where external_id = 'PO1' and version = 2");
  assert.deepEqual(await broken(test), [['versions_without_hole', 1]]);
});

testWithContext('versions that retention has deleted are not reported as missing', async (test) => {
  await threeVersions(test);
  test.clock.advance(91 * 86_400_000);
  await test.send({ id: 'e9', type: 'order', order: toyOrder('PO1', at(9), '9') });
  await test.settle();
  await enforceRetention(test.context, { retentionDays: 90 });
  assert.equal((await test.context.db.read.all('select seq from changes')).length, 1);
  assert.deepEqual(await broken(test), []);
});

testWithContext(
  'a delivery that nobody processes, and one whose worker is gone, are detected; a backlog in progress is not',
  async (test) => {
    await test.send({ id: 'e1', type: 'order', order: toyOrder('PO1', at(1)) });
    await test.send({ id: 'e2', type: 'order', order: toyOrder('PO1', at(2)) });
    test.clock.advance(14 * 60_000);
    assert.deepEqual(await broken(test), []);
    test.clock.advance(2 * 60_000);
    assert.deepEqual(await broken(test), [['deliveries_end', 1]]);
    await test.context.db.write((sql) => claimDeliveries(sql, claimOptions(test.context, false, null, 1)));
    assert.deepEqual(await broken(test), []);
    test.clock.advance(2 * 60_000);
    assert.deepEqual(await broken(test), [['deliveries_leased', 1]]);
  },
);

testWithContext('the alert for dead letters is resolved when the last of them is gone', async (test) => {
  const closed: string[] = [];
  const context = { ...test.context, alerts: { open: () => {}, update: () => {}, close: (code: string) => void closed.push(code) } };
  await write(
    test,
    `insert into alerts (key, code, level, connection, text, details, opened_at, count)
       values ('delivery_dead toy', 'delivery_dead', 'critical', 'toy', 'dead', '{}', '2026-03-01T08:00:00.000Z', 1)`,
  );
  await test.receiver
    .receive(test.connection, inbound('{', test.clock), { accepts: async () => false, now: test.clock.now() })
    .catch(() => {});
  await checkConnections(context);
  assert.equal(closed.includes('delivery_dead'), false);
  await write(test, 'delete from deliveries');
  await checkConnections(context);
  assert.equal(closed.includes('delivery_dead'), true);
});
