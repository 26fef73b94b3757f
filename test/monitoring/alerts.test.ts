import assert from 'node:assert/strict';
import type { Alert } from '../../src/domain/alert.ts';
import { type AlertDispatcher, type AlertMessage, createAlerts } from '../../src/monitoring/alerts.ts';
import { inbound, type TestContext, testWithContext } from '../support/context.ts';

interface AlertTest extends TestContext {
  desk: AlertDispatcher;
  sent: AlertMessage[];
  failing: { post: boolean };
}

const testAlerts = (name: string, body: (test: AlertTest) => Promise<void>) =>
  testWithContext(name, async (test) => {
    const sent: AlertMessage[] = [];
    const failing = { post: false };
    const { db } = test.context;
    const post = async (message: AlertMessage) => {
      if (failing.post) throw new Error('the channel is gone');
      sent.push(message);
    };
    const desk = createAlerts({ db, clock: test.clock, log: test.log, post });
    try {
      await body({ ...test, desk, sent, failing });
    } finally {
      await desk.settled();
    }
  });

const dead: Alert = {
  level: 'warning',
  code: 'delivery_dead',
  text: 'toy: a delivery is dead.',
  connection: 'toy',
  details: { deliveryId: 'd1' },
};

testAlerts('an alert is sent once an hour while its state lasts, and once more when it has ended', async ({ desk, sent, clock, log }) => {
  for (let n = 0; n < 100; n++) desk.open(dead);
  await desk.settled();
  clock.advance(30 * 60_000);
  desk.open(dead);
  await desk.settled();
  assert.equal(sent.length, 1);
  assert.deepEqual(
    { ...sent[0], details: null },
    { level: 'warning', code: 'delivery_dead', text: dead.text, connection: 'toy', at: '2026-03-01T08:00:00.000Z', details: null },
  );
  clock.advance(30 * 60_000);
  desk.open(dead);
  await desk.settled();
  assert.equal(sent.length, 2);
  assert.equal(sent[1]?.details.count, 102);
  desk.close('delivery_dead', 'toy', 'toy: no dead deliveries are left.');
  desk.close('delivery_dead', 'toy', 'toy: no dead deliveries are left.');
  await desk.settled();
  assert.equal(sent.length, 3);
  assert.equal(sent[2]?.text, 'toy: no dead deliveries are left.');
  assert.equal(log.lines.filter((line) => line.event === 'alert').length, 2);
});

testAlerts('a state that recurs after its end is a new alert', async ({ desk, sent }) => {
  desk.open(dead);
  await desk.settled();
  desk.close('delivery_dead', 'toy', 'over');
  await desk.settled();
  desk.open(dead);
  await desk.settled();
  assert.deepEqual(
    sent.map((message) => message.details.closed ?? false),
    [false, true, false],
  );
});

testAlerts('closing an alert that was never opened sends nothing', async ({ desk, sent, log }) => {
  desk.close('delivery_dead', 'toy', 'over');
  await desk.settled();
  assert.deepEqual(sent, []);
  assert.deepEqual(log.lines, []);
});

testAlerts('a state that gets worse is sent immediately; connections have separate alerts', async ({ desk, sent }) => {
  desk.open(dead);
  await desk.settled();
  desk.open({ ...dead, level: 'critical' });
  await desk.settled();
  desk.open({ ...dead, connection: 'other' });
  await desk.settled();
  assert.deepEqual(
    sent.map((message) => [message.level, message.connection]),
    [
      ['warning', 'toy'],
      ['critical', 'toy'],
      ['warning', 'other'],
    ],
  );
});

testAlerts('two processes share what was sent', async ({ desk, sent, another }) => {
  const other = await another('two:0:test');
  const second = createAlerts({
    db: other.context.db,
    clock: other.clock,
    log: other.log,
    post: async (message) => void sent.push(message),
  });
  try {
    desk.open(dead);
    second.open(dead);
    await Promise.all([desk.settled(), second.settled()]);
    assert.equal(sent.length, 1);
    second.close('delivery_dead', 'toy', 'over');
    await second.settled();
    assert.equal(sent.length, 2);
  } finally {
    await other.close();
  }
});

testAlerts('a message that was not accepted stays due and is sent with the next check', async ({ desk, sent, failing, log }) => {
  failing.post = true;
  desk.open(dead);
  await desk.settled();
  assert.equal(
    log.lines.some((line) => line.event === 'alert_not_sent'),
    true,
  );
  failing.post = false;
  await desk.resend();
  await desk.resend();
  assert.equal(sent.length, 1);
});

testAlerts(
  'a delivery that is dead on arrival raises the same alert as one that dies later, once',
  async ({ alerts, clock, connection, receiver }) => {
    const send = () => receiver.receive(connection, inbound('no json', clock), { accepts: async () => false, now: clock.now() });
    await assert.rejects(send(), { code: 'invalid_body' });
    await assert.rejects(send(), { code: 'invalid_body' });
    assert.deepEqual(
      alerts.map(({ code, connection: name, level }) => [code, name, level]),
      [['delivery_dead', 'toy', 'critical']],
    );
    assert.match(alerts[0]?.text ?? '', /invalid_body: /);
  },
);
