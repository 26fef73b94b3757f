import assert from 'node:assert/strict';
import type { Alert } from '../../src/domain/alert.ts';
import { type AlertMessage, createAlerts } from '../../src/monitoring/alerts.ts';
import { createResponseStats } from '../../src/monitoring/response-stats.ts';
import { closeQuietAlerts, closeUnconfiguredAlerts, updateFailureAlerts } from '../../src/monitoring/update-alerts.ts';
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
    alerts,
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
  assert.equal(
    single?.text,
    `toy: a delivery failed permanently (${first?.error}). A replay would fail again: ask the platform to send it again, then dismiss it.`,
  );
  await write(test, `update deliveries set error = 'remote_missing: answered 404' where id = '${first?.id}'`);
  await update();
  assert.match((await list('open'))[0]?.text ?? '', /\(remote_missing: answered 404\)\. Fix the cause and replay it, or dismiss it\.$/);
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

const open = (code: string, connection: string | null): Alert => ({ level: 'warning', code, connection, text: code, details: {} });
const MINUTE_MS = 60_000;

testWithContext('an alert about single events closes when none has occurred for a while, in any process', async (test) => {
  const { alerts, list } = withAlerts(test);
  const { context, clock } = test;
  const check = () => closeQuietAlerts({ ...context, alerts }).then(() => alerts.settled());
  const codes = async () => (await list('open')).map(({ code }) => code).sort();
  const ledger = createResponseStats({ ...context, alerts });
  const reject = () =>
    ledger.record('toy', 401, 'unauthorized', {
      reason: 'wrong secret',
      remoteAddress: '192.0.2.7',
      credential: 'x-toy-secret of 5 characters',
    });
  try {
    reject();
    ledger.record('toy', 413, 'body_too_large', null);
    await ledger.flush();
    alerts.open(open('body_too_large', 'toy'));
    clock.advance(50 * MINUTE_MS);
    // The other process has not seen the first one.
    reject();
    await ledger.flush();
    clock.advance(50 * MINUTE_MS);
    await check();
    assert.deepEqual(await codes(), ['body_too_large', 'webhooks_rejected']);
    clock.advance(11 * MINUTE_MS);
    await check();
    assert.deepEqual(await codes(), ['body_too_large']);
    clock.advance(23 * 60 * MINUTE_MS);
    await check();
    assert.deepEqual(await codes(), []);
  } finally {
    await ledger.stop();
  }
});

testWithContext('alerts about a connection that is gone, or whose API is, are closed', async (test) => {
  const { alerts, list } = withAlerts(test);
  const { context } = test;
  const check = (api: typeof context.api) => closeUnconfiguredAlerts({ ...context, api, alerts }).then(() => alerts.settled());
  const named = async () => (await list('open')).map(({ code, connection }) => `${code} ${connection}`).sort();
  for (const connection of ['toy', 'gone']) {
    for (const code of ['platform_refuses_us', 'silence']) alerts.open(open(code, connection));
  }
  alerts.open(open('storage_unavailable', null));
  await receiveUnreadable(test, '{');
  await alerts.settled();
  await check(context.api);
  assert.deepEqual(await named(), ['platform_refuses_us toy', 'silence toy', 'storage_unavailable null']);
  await check(() => null);
  assert.deepEqual(await named(), ['silence toy', 'storage_unavailable null']);
});
