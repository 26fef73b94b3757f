import assert from 'node:assert/strict';
import { type AlertMessage, createAlerts } from '../../src/monitoring/alerts.ts';
import { updateFailureAlerts } from '../../src/monitoring/update-alerts.ts';
import { dismissDeliveries } from '../../src/processing/dismiss.ts';
import { replay } from '../../src/processing/replay.ts';
import { listAlerts } from '../../src/store/monitoring/list-alerts.ts';
import { announce } from '../documents/announced.ts';
import { inbound, type TestContext, testWithContext } from '../support/context.ts';

/** Alerts of a real dispatcher, as `GET /alerts` lists them. */
function withAlerts(test: TestContext) {
  const sent: AlertMessage[] = [];
  const { db, clock, log } = test.context;
  const alerts = createAlerts({ db, clock, log, post: async (message) => void sent.push(message) });
  return {
    sent,
    open: (alert: Parameters<typeof alerts.open>[0] | undefined) => {
      assert.ok(alert);
      alerts.open(alert);
      return alerts.settled();
    },
    update: () => updateFailureAlerts({ db, alerts }).then(() => alerts.settled()),
    list: (state: 'open' | 'resolved') => listAlerts(db.read, { state }, { limit: 10 }),
  };
}

/** A body that cannot be read: dead on arrival. */
const receiveUnreadable = async ({ receiver, connection, clock, alerts }: TestContext, body: string) => {
  const receiving = receiver.receive(connection, inbound(body, clock), { accepts: async () => false, now: clock.now() });
  await receiving.catch(() => {});
  clock.advance(1000);
  return alerts.at(-1);
};

const write = (test: TestContext, statement: string) => test.context.db.write((sql) => sql.all(statement));

testWithContext('the alert for dead deliveries states their current number and the newest error', async (test) => {
  const { sent, open, update, list } = withAlerts(test);
  for (const body of ['{"first', '{"second', '{"third']) await open(await receiveUnreadable(test, body));
  const [first, second, third] = await test.context.db.read.all<{ id: string; error: string }>(
    'select id, error from deliveries order by seq',
  );
  const [alert] = await list('open');
  assert.deepEqual([alert?.details.dead, alert?.details.deliveryId, alert?.count], [3, third?.id, 3]);
  assert.match(alert?.text ?? '', /^toy: 3 deliveries failed permanently \(the newest: invalid_body: /);

  await write(test, `update deliveries set error = 'invalid_body: the second' where id = '${second?.id}'`);
  await dismissDeliveries(test.context, { ids: [third?.id ?? ''] }, null);
  await update();
  const [without] = await list('open');
  assert.equal(
    without?.text,
    'toy: 2 deliveries failed permanently (the newest: invalid_body: the second). Fix the causes and replay them, or dismiss them.',
  );
  assert.deepEqual([without?.details.deliveryId, without?.count, without?.openedAt], [second?.id, 3, alert?.openedAt]);

  await replay(test.context, { ids: [second?.id ?? ''] }, 'fresh');
  await update();
  const [single] = await list('open');
  assert.equal(single?.text, `toy: a delivery failed permanently (${first?.error}). Fix the cause and replay it, or dismiss it.`);
  // The delivery that failed again is the newest.
  await test.settle();
  await update();
  assert.equal((await list('open'))[0]?.details.deliveryId, second?.id);
  assert.equal(sent.length, 1, 'nothing is posted for a new description');

  await write(test, 'delete from deliveries');
  await update();
  assert.deepEqual(await list('open'), []);
  assert.equal(sent.at(-1)?.text, 'toy: no dead deliveries are left.');
});

testWithContext('an alert is opened for dead deliveries without one', async (test) => {
  const { update, list } = withAlerts(test);
  await receiveUnreadable(test, '{');
  await update();
  await update();
  assert.deepEqual(
    (await list('open')).map(({ code, connection, count }) => [code, connection, count]),
    [['delivery_dead', 'toy', 1]],
  );
});

testWithContext(
  'the alert for documents states the current ones that failed permanently, and is resolved when the last is replaced or removed',
  async (test) => {
    const { update, list } = withAlerts(test);
    await announce(test.context, { key: 'a' });
    test.clock.advance(1000);
    await announce(test.context, { key: 'b', name: 'drawing.pdf' });
    await write(test, `update documents set state = 'failed', error = 'remote_unavailable: GET answered 500'`);
    await update();
    const [both] = await list('open');
    assert.equal(both?.text, '2 documents announced by toy could not be stored, the newest (failed): drawing.pdf');
    await write(test, `update documents set removed_at = '2026-03-01T09:00:00.000Z' where id = 'doc-b'`);
    await update();
    const [one] = await list('open');
    assert.deepEqual(
      [one?.text, one?.details.documentId],
      ['A document announced by toy could not be stored (failed): terms.pdf', 'doc-a'],
    );
    await write(test, `update documents set superseded_by = 'doc-c' where id = 'doc-a'`);
    await update();
    assert.deepEqual(await list('open'), []);
  },
);
